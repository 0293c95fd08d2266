from __future__ import annotations

from deepbench_fast.recipe.json_schema import json_schema
from tests.cli.running import run_well


def test_schema_is_printed_as_json() -> None:
    assert run_well("schema").json == json_schema()
