"""Filter plugins are loaded anew for every task of every host: what is heavy waits until needed."""

import subprocess
import sys
from pathlib import Path

import pytest

PLUGINS = sorted((Path(__file__).parents[3] / "plugins" / "filter").glob("*.py"))
HEAVY = ("pydantic", "rich", "httpx", "numpy", "polars", "mlflow", "psycopg")
SCRIPT = """
import sys, ansible.errors
before = set(sys.modules)
import runpy
runpy.run_path(sys.argv[1])
print(*{name.partition(".")[0] for name in set(sys.modules) - before})
"""


@pytest.mark.parametrize("plugin", PLUGINS, ids=lambda path: path.stem)
def test_loads_nothing_heavy(plugin: Path) -> None:
    loaded = subprocess.run(
        [sys.executable, "-c", SCRIPT, plugin], capture_output=True, text=True, check=True
    )
    assert not set(loaded.stdout.split()) & set(HEAVY)
