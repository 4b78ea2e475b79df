"""The configurations of the repository."""

from pathlib import Path

import pytest

from alignment.config import load_config

CONFIGS = Path(__file__).parents[3] / "configs"


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*.yaml")), ids=lambda path: path.name)
def test_it_loads_and_has_its_file_name(path: Path) -> None:
    config = load_config(path)
    assert config.trained
    assert path.name == f"{config.name}.yaml"
