"""What benchmark.yml says before it does anything."""

import pytest

BENCHMARKS = ("sevenzip", "stream", "fio", "llama")


def test_the_playbook_is_well_formed(play):
    done = play("--syntax-check")
    assert done.returncode == 0, done.output


def test_list_tags_names_every_stage_and_every_benchmark(play):
    done = play("--list-tags")
    wanted = ("install", "preflight", "run", "collect", *BENCHMARKS, "custom")
    for tag in (*wanted, "cinebench", "markbench"):
        assert tag in done.output, tag


def test_check_says_what_it_would_run_and_writes_nothing(play, results):
    done = play("--check", "-e", "profile=quick", "-e", "sessions=2", "-e", "seed=7")
    assert done.returncode == 0, done.output
    assert "would measure 8 steps, profile quick, seed 7" in done.output
    for name in BENCHMARKS:
        assert f"session 2: {name}" in done.output
    assert not results.exists()


@pytest.mark.parametrize("words", [("--tags", "llma"), ("--skip-tags", "llma")])
def test_a_typing_error_in_a_tag_is_no_empty_success(play, words):
    done = play(*words)
    assert done.returncode == 2
    assert "no stage and no benchmark is called llma" in done.output


def test_a_profile_that_there_is_not_is_refused_by_name(play):
    done = play("--check", "-e", "profile=slow")
    assert done.returncode == 2
    assert "quick, standard, full" in done.output


def test_a_model_mode_in_the_environment_is_heard_and_checked(play):
    done = play("--check", "--tags", "llama", MODEL_CONFIG_MODE="heavy")
    assert done.returncode == 2
    assert "model_config_mode is 'heavy'" in done.output


def test_a_host_that_cannot_be_reached_holds_no_other_one(play, tmp_path):
    inventory = tmp_path / "hosts.yml"
    here = (
        "{ansible_connection: local, ansible_python_interpreter: '{{ ansible_playbook_python }}'}"
    )
    away = "{ansible_host: 127.0.0.1, ansible_port: 1, ansible_connection: ssh}"
    inventory.write_text(f"clients: {{hosts: {{here: {here}, away: {away}}}}}\n")
    done = play("--check", "--tags", "sevenzip", "-e", "profile=quick", inventory=str(inventory))
    assert done.returncode == 4, done.output
    assert done.counts("away")["unreachable"] == 1
    assert done.counts("here")["failed"] == 0
    assert "here: would measure 1 steps" in done.output
