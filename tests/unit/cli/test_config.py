"""`alignment config check` and `alignment schema`."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from tests.support import ROOT, SMOKE, Cli

CONFIGS = sorted((ROOT / "configs").glob("*.yaml"))


def test_valid_config(cli: Cli) -> None:
    done = cli("config", "check", SMOKE)
    assert done.returncode == 0, done.stderr
    assert "valid. smoke: 3 languages trained (es, ru, ja)" in done.stdout


def test_invalid_config(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text(SMOKE.read_text().replace("languages:", "langauges:"))
    done = cli("config", "check", path)
    assert done.returncode == 2
    assert f"{path}:" in done.stderr
    assert "'languages'" in done.stderr
    assert "Traceback" not in done.stderr


def test_schema_accepts_our_configs_and_refuses_typos(cli: Cli) -> None:
    schema = json.loads(cli("schema").stdout)
    assert CONFIGS
    for path in CONFIGS:
        config = yaml.safe_load(path.read_text())
        jsonschema.validate(config, schema)
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({**config, "lanugages": {}}, schema)


def test_schema_of_the_summary(cli: Cli, finished: Path) -> None:
    schema = json.loads(cli("schema", "--summary").stdout)
    (summary,) = finished.glob("runs/*/summary.json")
    jsonschema.validate(json.loads(summary.read_text()), schema)
