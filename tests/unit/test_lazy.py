import subprocess
import sys

import pytest

import alignment
import alignment.config
from tests.support import ROOT


@pytest.mark.parametrize("name", alignment.config.__all__)
def test_every_name_of_the_configuration(name: str) -> None:
    assert getattr(alignment.config, name) is not None


@pytest.mark.parametrize("package", [alignment, alignment.config])
def test_an_unknown_name(package: object) -> None:
    with pytest.raises(AttributeError, match="has no attribute 'Missing'"):
        _ = package.Missing  # type: ignore[attr-defined]


def test_a_process_that_cleans_reads_no_configuration() -> None:
    code = "import alignment.cleaning.clean, sys; print('alignment.config.config' in sys.modules)"
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert run.stdout == "False\n"
