import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from alignment.encoder import cache as module
from alignment.encoder.cache import EncoderCache, cached_encoder, clear_encoders
from alignment.encoder.device import Precision
from alignment.encoder.encoder import Encoder
from tests.unit.encoder.examples import small_encoder

ONE = Path("one")
TWO = Path("two")
THREE = Path("three")


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Path, Precision]]:
    """What was loaded; each load gives another encoder."""
    loads: list[tuple[Path, Precision]] = []

    def load(path: Path, precision: Precision, *, trust_remote_code: bool) -> Encoder:
        loads.append((path, precision))
        return small_encoder()

    monkeypatch.setattr(module, "_load", load)
    return loads


def test_loaded_once(loads: list[tuple[Path, Precision]]) -> None:
    cache = EncoderCache(capacity=2)
    first = cache.get(ONE, "fp32")
    assert cache.get(ONE, "fp32") is first
    assert cache.get(ONE, "bf16") is not first
    assert loads == [(ONE, "fp32"), (ONE, "bf16")]


def test_least_recently_used_is_dropped(loads: list[tuple[Path, Precision]]) -> None:
    cache = EncoderCache(capacity=2)
    first = cache.get(ONE, "fp32")
    second = cache.get(TWO, "fp32")
    assert cache.get(ONE, "fp32") is first
    cache.get(THREE, "fp32")
    assert cache.get(ONE, "fp32") is first
    assert cache.get(TWO, "fp32") is not second


def test_threads_load_once(loads: list[tuple[Path, Precision]]) -> None:
    cache = EncoderCache(capacity=2)
    threads = [threading.Thread(target=cache.get, args=(ONE, "fp32")) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert loads == [(ONE, "fp32")]


@pytest.fixture
def process_cache() -> Iterator[None]:
    clear_encoders()
    yield
    clear_encoders()


@pytest.mark.usefixtures("process_cache")
def test_cached_until_cleared(saved: Path) -> None:
    encoder = cached_encoder(saved)
    assert cached_encoder(saved) is encoder
    clear_encoders()
    assert cached_encoder(saved) is not encoder
