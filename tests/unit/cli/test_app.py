import json
import subprocess
import sys
import time
from pathlib import Path

import jsonschema
import yaml

from tests.support import ROOT, SMOKE, Cli


def test_help_teaches_and_neither_help_nor_configuration_loads_what_is_heavy(cli: Cli) -> None:
    done = cli("--help")
    assert (
        done.returncode == 0
        and "alignment run configs/quickstart.yaml" in done.stdout
        and "registry" in done.stdout
    )
    code = "import sys, alignment.config, alignment.cli; print([m for m in ('torch', 'prefect', 'transformers', 'pyarrow') if m in sys.modules])"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"


def test_config_check(cli: Cli, tmp_path: Path) -> None:
    done = cli("config", "check", SMOKE)
    assert done.returncode == 0 and "3 languages trained (es, ru, ja)" in done.stdout
    (tmp_path / "c.yaml").write_text(SMOKE.read_text().replace("languages:", "langauges:"))
    done = cli("config", "check", tmp_path / "c.yaml")
    assert (
        done.returncode == 2
        and "did you mean 'languages'?" in done.stderr
        and "Traceback" not in done.stderr
    )


def test_the_schema_accepts_our_configurations_and_refuses_typos(cli: Cli) -> None:
    schema = json.loads(cli("schema").stdout)
    for path in sorted((ROOT / "configs").glob("*.yaml")):
        value = yaml.safe_load(path.read_text())
        jsonschema.validate(value, schema)
        assert not jsonschema.Draft202012Validator(schema).is_valid({**value, "lanugages": {}})


def test_usage_mistakes_and_missing_things(cli: Cli, tmp_path: Path) -> None:
    assert cli("runn").returncode == 2
    assert cli("run").returncode == 2
    for arguments in (("show",), ("registry", "list"), ("explain", "abcdef"), ("encode", "x")):
        done = cli(*arguments, "--workspace", tmp_path / "none")
        assert (
            done.returncode == 1
            and done.stderr.startswith("error: ")
            and "Traceback" not in done.stderr
        ), done.stderr


def test_debug_shows_the_traceback(cli: Cli, tmp_path: Path) -> None:
    assert "Traceback" in cli("--debug", "run", tmp_path / "none.yaml").stderr


def test_help_is_quick(cli: Cli) -> None:
    """Not a benchmark: a guard against an import that costs seconds."""
    best = min(_timed(cli) for _ in range(3))
    assert best < 2.0, f"alignment --help took {best:.2f} s"


def _timed(cli: Cli) -> float:
    started = time.monotonic()
    cli("--help")
    return time.monotonic() - started
