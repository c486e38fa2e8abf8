"""What every role promises, by the same rules for all of them."""

from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[3]
ROLES = sorted(path for path in (ROOT / "roles").iterdir() if path.is_dir())
BENCHMARKS = [role for role in ROLES if role.name.startswith("benchmark_")]
EACH = pytest.mark.parametrize("role", ROLES, ids=lambda path: path.name)
EACH_BENCHMARK = pytest.mark.parametrize("role", BENCHMARKS, ids=lambda path: path.name)


def specs(role: Path) -> dict:
    return yaml.safe_load((role / "meta" / "argument_specs.yml").read_text())["argument_specs"]


def defaults(role: Path) -> dict:
    path = role / "defaults" / "main.yml"
    return (yaml.safe_load(path.read_text()) or {}) if path.is_file() else {}


def options_of(specification: dict):
    for name, option in (specification.get("options") or {}).items():
        yield name, option
        yield from options_of(option)


@EACH
def test_has_argument_specs_that_say_what_it_is_for(role):
    assert all(entry["short_description"] for entry in specs(role).values())


@EACH
def test_describes_and_types_every_option(role):
    for entry in specs(role).values():
        for name, option in options_of(entry):
            assert option.get("description"), f"{role.name}: {name} has no description"
            assert option.get("type"), f"{role.name}: {name} has no type"


@EACH
def test_documents_every_default_and_means_the_same_by_it(role):
    documented = {
        name: option for entry in specs(role).values() for name, option in options_of(entry)
    }
    for name, value in defaults(role).items():
        assert name in documented, f"{role.name}: {name} is not in argument_specs"
        if isinstance(value, str) and "{{" in value:
            continue
        if "default" in documented[name]:
            assert documented[name]["default"] == value, f"{role.name}: {name}"


def tasks_of(role: Path):
    """Return every task and block of a role, with the file that it stands in."""

    def within(tasks):
        for task in tasks or []:
            yield task
            for section in ("block", "rescue", "always"):
                yield from within(task.get(section))

    for path in sorted([*role.glob("tasks/*.yml"), *role.glob("handlers/*.yml")]):
        for task in within(yaml.safe_load(path.read_text())):
            yield path, task


@EACH
def test_lends_no_everyday_name_to_what_a_task_works_with(role):
    """An option such as ``{{ key }}`` means its user's variable, whatever a task needs itself."""
    ours = (*(f"{one.name}_" for one in ROLES), "ansible_", "vttbench_")
    for path, task in tasks_of(role):
        names = [*(task.get("vars") or {}), (task.get("loop_control") or {}).get("loop_var")]
        for name in filter(None, names):
            assert name.startswith(ours), f"{path.relative_to(ROOT)}: {task.get('name')}: {name}"


@EACH
def test_names_its_variables_after_itself(role):
    for name in defaults(role):
        assert name.startswith(f"{role.name}_"), name


@EACH
def test_has_an_entry_point_for_every_tasks_file_that_others_include(role):
    for entry in specs(role):
        assert (role / "tasks" / f"{entry}.yml").is_file(), f"{role.name}: {entry}"


@EACH
def test_has_a_short_readme(role):
    text = (role / "README.md").read_text()
    assert text.startswith(f"# {role.name}\n")
    assert len(text.splitlines()) < 80


@EACH_BENCHMARK
def test_a_benchmark_can_be_installed_by_day_and_run_by_night(role):
    assert {"main", "install", "run"} <= set(specs(role))


@EACH_BENCHMARK
def test_a_benchmark_measures_through_measure(role):
    runs = "".join(path.read_text() for path in (role / "tasks").glob("*.yml"))
    assert "measure:" in runs


def test_no_large_file_goes_through_win_copy():
    """WinRM carries files twice encoded and in memory: above some GB that ends (ansible 20023)."""
    for path in sorted((ROOT / "roles").rglob("*.yml")):
        tasks = yaml.safe_load(path.read_text())
        for task in tasks if isinstance(tasks, list) else []:
            copied = task.get("ansible.windows.win_copy") if isinstance(task, dict) else None
            source = str((copied or {}).get("src", ""))
            if "model" in source or "benchmark_llama" in source:
                assert "benchmark_llama_largest_copy_mb" in str(task.get("when")), path
