"""Writes the JSON Schema of the result document to docs/schema, for `make schema`."""

import json
from pathlib import Path

from vttbench.result import SCHEMA_VERSION, json_schema

folder = Path(__file__).parent.parent / "docs" / "schema"
folder.mkdir(exist_ok=True)
target = folder / f"result-{SCHEMA_VERSION}.schema.json"
target.write_text(json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n")
print(f"wrote {target}")
