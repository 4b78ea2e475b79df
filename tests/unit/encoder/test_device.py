import os
import subprocess
import sys

import pytest
import torch

from alignment import compat
from alignment.encoder.device import fastest_device, has_bf16, limit_onednn_caches


@pytest.mark.parametrize(("has_gpu", "device"), [(True, "cuda"), (False, "cpu")])
def test_fastest_device(has_gpu: bool, device: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: has_gpu)
    assert fastest_device() == device


def test_bf16_depends_on_the_device(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda: True)
    monkeypatch.setattr(compat, "cpu_has_bf16", lambda: False)
    assert has_bf16("cuda")
    assert not has_bf16("cpu")


def test_onednn_limits_keep_the_users_values(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LRU_CACHE_CAPACITY", "7")
    monkeypatch.setenv("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "x")
    monkeypatch.delenv("ONEDNN_PRIMITIVE_CACHE_CAPACITY")
    limit_onednn_caches()
    assert os.environ["LRU_CACHE_CAPACITY"] == "7"
    assert os.environ["ONEDNN_PRIMITIVE_CACHE_CAPACITY"] == "16"


def test_importing_sets_no_environment() -> None:
    code = (
        "import os; before = dict(os.environ)\n"
        "import alignment.encoder, alignment.encoder.device\n"
        "changed = {name for name in os.environ if os.environ.get(name) != before.get(name)}\n"
        "assert not {name for name in changed if 'CAPACITY' in name}, changed"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
