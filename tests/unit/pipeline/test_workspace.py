from pathlib import Path

import pytest

from alignment.config import parse_config
from alignment.errors import AlignmentError, ConfigError
from alignment.pipeline.workspace import Workspace

CONFIG = """
name: demo
pivot: de
seed: 5
encoder: {source: scratch}
corpora: [{kind: local, path: "{lang}.tsv", license: MIT}]
languages: {fi: {}}
"""


def test_one_run_of_a_model_at_a_time(tmp_path: Path) -> None:
    first = Workspace(tmp_path)
    second = Workspace(tmp_path)
    with first.exclusive("smoke"):
        with (
            pytest.raises(AlignmentError, match="another run of 'smoke' is in progress"),
            second.exclusive("smoke"),
        ):
            pass
        with second.exclusive("another"):
            pass
    with second.exclusive("smoke"):
        pass


def test_the_context_of_a_configuration(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "w", offline=True)
    context = workspace.context(parse_config(CONFIG, base=tmp_path))
    assert (context.pivot, context.seed) == ("de", 5)
    assert context.store is workspace.store
    assert context.downloads.offline
    assert context.downloads.root == workspace.root / "downloads"


def test_a_directory_that_libraries_cannot_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="not valid UTF-8") as caught:
        Workspace(tmp_path / "caf\udce9")
    assert "--workspace" in str(caught.value)


def test_a_link_to_itself_is_refused(tmp_path: Path) -> None:
    (tmp_path / "w").symlink_to("w")
    with pytest.raises(ConfigError, match="cannot be found") as caught:
        Workspace(tmp_path / "w")
    assert str(tmp_path / "w") in str(caught.value)
