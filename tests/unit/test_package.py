"""The package as it is released: what the wheel holds, and that it works in an empty directory."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from collections.abc import Sequence
from email.parser import Parser
from pathlib import Path

import pytest

from tests.support import ROOT

SOURCES = ("alignment", "configs", "flows")
FILES = ("pyproject.toml", "setup.py", "MANIFEST.in", "README.md", "LICENSE", "prefect.yaml")
REPOSITORY = "alignment/templates/repository"
FIVE_LINES = """
import alignment
outcome = alignment.run("configs/smoke.yaml")
encoder = alignment.load_encoder("workspace/registry/smoke/champion")
report = alignment.evaluate(encoder, {"es": [("Good day", "Buenos días"), ("Thanks", "Gracias")]})
print(type(outcome.verdict).__name__, encoder.encode(["Bore da"]).shape, report.languages["es"].n)
"""


def _call(command: Sequence[object], cwd: Path, **variables: str) -> str:
    """Standard output of a command that must succeed, without the environment's PYTHONPATH."""
    environment = {**os.environ, **variables}
    environment.pop("PYTHONPATH", None)
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="session")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what the package is built from: building writes into it."""
    copy = tmp_path_factory.mktemp("sources")
    unwanted = shutil.ignore_patterns("__pycache__", "*.guard")
    for name in SOURCES:
        shutil.copytree(ROOT / name, copy / name, ignore=unwanted)
    for name in FILES:
        shutil.copy(ROOT / name, copy / name)
    return copy


def _build(hook: str, source: Path, destination: Path) -> Path:
    """Call a hook of PEP 517 as `pip wheel --no-build-isolation` does; returns the file."""
    code = f"import sys, setuptools.build_meta as b; b.{hook}(sys.argv[1])"
    _call([sys.executable, "-c", code, destination], cwd=source)
    (file,) = destination.iterdir()
    return file


@pytest.fixture(scope="session")
def wheel(sources: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built as `pip wheel .` does."""
    return _build("build_wheel", sources, tmp_path_factory.mktemp("wheel"))


def _install(environment: Path, *arguments: object) -> Path:
    """Make a virtual environment that sees the packages of this one, and install into it."""
    _call([sys.executable, "-m", "venv", "--without-pip", environment], cwd=environment.parent)
    (site_packages,) = environment.glob("lib/python*/site-packages")
    (site_packages / "packages.pth").write_text(sysconfig.get_path("purelib") + "\n")
    programs = environment / "bin"
    pip = [sys.executable, "-m", "pip", "--python", programs / "python", "install", "--quiet"]
    _call([*pip, "--no-deps", "--no-index", *arguments], cwd=environment)
    return programs


@pytest.fixture(scope="session")
def programs(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` of an environment with the wheel."""
    environment = tmp_path_factory.mktemp("environment") / "venv"
    return _install(environment, wheel)


def _names(archive: Path) -> set[str]:
    with zipfile.ZipFile(archive) as file:
        return set(file.namelist())


def test_the_wheel_holds_the_package_only(wheel: Path) -> None:
    tops = {name.partition("/")[0] for name in _names(wheel)}
    assert tops == {"alignment", "crosslingual_alignment-0.1.0.dist-info"}


def test_the_wheel_holds_every_module_and_data_file(wheel: Path, sources: Path) -> None:
    files = [path for path in (sources / "alignment").rglob("*") if path.is_file()]
    assert {path.relative_to(sources).as_posix() for path in files} <= _names(wheel)


def test_the_wheel_holds_what_init_writes(wheel: Path, sources: Path) -> None:
    expected = {f"{REPOSITORY}/prefect.yaml"}
    for folder in ("configs", "flows"):
        files = [path for path in (sources / folder).rglob("*") if path.is_file()]
        expected |= {f"{REPOSITORY}/{path.relative_to(sources).as_posix()}" for path in files}
    packed = {name for name in _names(wheel) if name.startswith(REPOSITORY)}
    assert packed == expected


def test_a_wheel_from_the_sdist_is_the_same(wheel: Path, sources: Path, tmp_path: Path) -> None:
    for name in ("sdist", "unpacked", "wheel"):
        (tmp_path / name).mkdir()
    sdist = _build("build_sdist", sources, tmp_path / "sdist")
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path / "unpacked", filter="data")
    (unpacked,) = (tmp_path / "unpacked").iterdir()
    assert _names(_build("build_wheel", unpacked, tmp_path / "wheel")) == _names(wheel)


def test_the_metadata_is_complete(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as file:
        (name,) = [name for name in file.namelist() if name.endswith("/METADATA")]
        metadata = Parser().parsestr(file.read(name).decode())
    assert metadata["Name"] == "crosslingual-alignment"
    assert metadata["Author"] == "The alignment authors"
    assert len(metadata.get_all("Project-URL", [])) == 4
    assert "Typing :: Typed" in metadata.get_all("Classifier", [])
    required = metadata.get_all("Requires-Dist", [])
    core = {entry.partition(">")[0] for entry in required if "extra ==" not in entry}
    assert not core & {"prefect", "fastapi", "datasets", "fsspec"}


def test_an_editable_install_starts_a_project(sources: Path, tmp_path: Path) -> None:
    programs = _install(tmp_path / "venv", "--no-build-isolation", "--editable", sources)
    printed = _call([programs / "alignment", "init", "demo"], cwd=tmp_path)
    assert "configs/quickstart.yaml" in printed
    assert (tmp_path / "demo" / "flows" / "align.py").is_file()


def test_init_in_an_empty_directory(programs: Path, tmp_path: Path) -> None:
    alignment = programs / "alignment"
    assert "Next:" in _call([alignment, "init", "--template", "smoke"], cwd=tmp_path)
    _call([alignment, "config", "check", "configs/smoke.yaml"], cwd=tmp_path)
    code = "import alignment, sys; print(alignment.__file__)"
    assert str(programs.parent) in _call([programs / "python", "-c", code], cwd=tmp_path)


@pytest.mark.slow
def test_a_run_and_five_lines_of_python(programs: Path, tmp_path: Path) -> None:
    alignment = programs / "alignment"
    _call([alignment, "init", "--template", "smoke"], cwd=tmp_path)
    assert "Approved" in _call([alignment, "run", "configs/smoke.yaml"], cwd=tmp_path)
    printed = _call([programs / "python", "-c", FIVE_LINES], cwd=tmp_path)
    assert printed == "Approved (1, 64) 2\n"
