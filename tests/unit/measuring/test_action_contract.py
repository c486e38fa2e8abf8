"""What the documentation of `measure` promises is what its code takes."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import yaml

ROOT = Path(__file__).parents[3]


def load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"contract_{path.parent.name}_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_option_is_documented_as_it_is_taken() -> None:
    code = load(ROOT / "plugins/action/measure.py").ARGUMENTS
    documented = yaml.safe_load(load(ROOT / "plugins/modules/measure.py").DOCUMENTATION)["options"]
    assert code.keys() == documented.keys()
    for name, option in code.items():
        promised = documented[name]
        expected = "str" if promised["type"] == "path" else promised["type"]
        assert option["type"] == expected, name
        assert option.get("default") == promised.get("default"), name
        assert option.get("required", False) == promised.get("required", False), name
        assert option.get("elements") == promised.get("elements"), name
