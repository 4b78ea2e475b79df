"""The files of a new project."""

from pathlib import Path

import pytest
import yaml

from alignment.config import load_config
from alignment.errors import ConfigError
from alignment.templates import Template, write_project


@pytest.mark.parametrize("template", list(Template))
def test_the_configuration_loads(template: Template, tmp_path: Path) -> None:
    write_project(tmp_path, template)
    assert load_config(tmp_path / template.config).name == template.value


@pytest.mark.parametrize("template", list(Template))
def test_every_named_file_exists(template: Template, tmp_path: Path) -> None:
    files = write_project(tmp_path, template)
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert sorted(path.relative_to(tmp_path).as_posix() for path in written) == sorted(files)


def test_files_name_the_chosen_configuration(tmp_path: Path) -> None:
    write_project(tmp_path, Template.pipeline)
    deployments = yaml.safe_load((tmp_path / "prefect.yaml").read_text())["deployments"]
    configs = {entry["name"]: entry["parameters"]["config"] for entry in deployments}
    assert configs.pop("smoke") == "configs/smoke.yaml"
    assert {"retrain", "nightly", "weekly-full", "promote"} < configs.keys()
    assert set(configs.values()) == {"configs/pipeline.yaml"}
    for deployment in deployments:
        entry, _, _ = deployment["entrypoint"].partition(":")
        assert (tmp_path / entry).is_file()
    workflow = yaml.safe_load((tmp_path / ".github/workflows/alignment.yml").read_text())
    commands = [step["run"] for step in workflow["jobs"]["smoke"]["steps"] if "run" in step]
    assert "alignment config check configs/pipeline.yaml" in commands


def test_no_placeholder_is_left(tmp_path: Path) -> None:
    write_project(tmp_path / "welsh-search", Template.quickstart)
    readme = (tmp_path / "welsh-search" / "README.md").read_text()
    assert readme.startswith("# welsh-search\n")
    assert "workspace/registry/quickstart/champion" in readme
    for word in ("PROJECT_NAME", "CONFIG_FILE", "MODEL_NAME", "EXTRAS"):
        assert word not in readme


def test_existing_files_are_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("mine")
    with pytest.raises(ConfigError, match=r"these files exist already: README\.md") as caught:
        write_project(tmp_path, Template.smoke)
    assert "--force" in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["README.md"]


def test_force_overwrites(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("mine")
    write_project(tmp_path, Template.smoke, force=True)
    assert (tmp_path / "README.md").read_text() != "mine"
