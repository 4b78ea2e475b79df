"""`alignment init` as a user runs it."""

from pathlib import Path

import pytest

from tests.support import Cli


def test_init_prints_files_and_next_commands(cli: Cli, tmp_path: Path) -> None:
    done = cli("init", "demo", "--template", "smoke", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    listed, _, commands = done.stdout.partition("\nNext:\n")
    assert "  configs/smoke.yaml\n" in listed
    assert commands.split("\n")[:4] == [
        "  cd demo",
        "  alignment config check configs/smoke.yaml",
        "  alignment run configs/smoke.yaml",
        "  alignment show",
    ]
    checked = cli("config", "check", "configs/smoke.yaml", cwd=tmp_path / "demo")
    assert checked.returncode == 0, checked.stderr


def test_init_here_needs_no_cd(cli: Cli, tmp_path: Path) -> None:
    done = cli("init", "--template", "smoke", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "cd " not in done.stdout
    assert (tmp_path / "configs" / "smoke.yaml").is_file()


@pytest.mark.parametrize("force", [(), ("--force",)], ids=["refused", "forced"])
def test_init_on_existing_files(cli: Cli, tmp_path: Path, force: tuple[str, ...]) -> None:
    (tmp_path / "prefect.yaml").write_text("mine")
    done = cli("init", "--template", "smoke", *force, cwd=tmp_path)
    if force:
        assert done.returncode == 0
        assert (tmp_path / "prefect.yaml").read_text() != "mine"
    else:
        assert done.returncode == 2
        assert "these files exist already: prefect.yaml" in done.stderr
        assert (tmp_path / "prefect.yaml").read_text() == "mine"


def test_an_unknown_template_lists_the_known(cli: Cli, tmp_path: Path) -> None:
    done = cli("init", "--template", "tiny", cwd=tmp_path)
    assert done.returncode == 2
    for name in ("quickstart", "smoke", "pipeline"):
        assert name in done.stderr
