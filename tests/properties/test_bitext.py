"""Laws of the readers of translation memories: what damage costs, and that no pair mixes units."""

from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alignment.corpora import xml_units
from alignment.corpora.skips import Skips
from alignment.corpora.xml_bitext import languages_of, units
from alignment.errors import AlignmentError

UNITS = 12
DAMAGE = (b"\x01", b"\xff", b"&", b"&x;", b"<", b"</b>", b"<b>", b"&#0;", b"\x00")
WORDS = [chr(ord("a") + number) * 6 for number in range(UNITS)]
"""A word per unit, none of which becomes another by a change of a few bytes."""
places = st.tuples(
    st.integers(0, UNITS - 1), st.floats(0, 1, exclude_max=True), st.sampled_from(DAMAGE)
)


def document(damaged: Iterable[tuple[int, float, bytes]] = ()) -> bytes:
    """A TMX file in which the texts of some units are damaged at a share of their length."""
    texts = {number: f"text {WORDS[number]}".encode() for number in range(UNITS)}
    for number, share, damage in damaged:
        text = texts[number]
        place = int(share * len(text))
        texts[number] = text[:place] + damage + text[place:]
    parts = [b"<tmx version='1.4'><header><note>n</note></header><body>\n"]
    for number, text in texts.items():
        parts.append(b'<tu><tuv xml:lang="en"><seg>%b</seg></tuv>' % WORDS[number].encode())
        parts.append(b'<tuv xml:lang="fi"><seg>%b</seg></tuv></tu>\n' % text)
    return b"".join([*parts, b"</body></tmx>\n"])


def read(data: bytes) -> tuple[list[tuple[str, str]], int]:
    """Texts of the pairs, and the number of skipped units."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "a.tmx"
        path.write_bytes(data)
        skips = Skips()
        pairs = [(unit.texts[0][1], unit.texts[1][1]) for unit in units(path, skips)]
        return pairs, skips.counts.total()


@given(st.lists(places, max_size=6), st.sampled_from([5, 50, 500, 2**16]))
def test_only_damaged_units_are_lost(damaged: list[tuple[int, float, bytes]], size: int) -> None:
    lost = {number for number, _, _ in damaged}
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(xml_units, "_CHUNK_BYTES", size)
        pairs, skipped = read(document(damaged))
    whole = [(WORDS[n], f"text {WORDS[n]}") for n in range(UNITS) if n not in lost]
    assert [pair for pair in pairs if pair in whole] == whole
    # `<b>` and `</b>` in one text may be well-formed together.
    assert len(pairs) + skipped == UNITS


@given(st.integers(0, len(document()) - 1), st.binary(max_size=4), st.integers(0, 30))
def test_sides_of_different_units_are_never_paired(at: int, new: bytes, cut: int) -> None:
    data = document()
    data = data[:at] + new + data[at + cut :]
    try:
        pairs, _ = read(data)
    except AlignmentError:
        return
    for source, target in pairs:
        of_target = [word for word in WORDS if word in target]
        of_source = [word for word in WORDS if word in source]
        assert len(of_source) <= 1 and len(of_target) <= 1
        assert not of_source or not of_target or of_source == of_target


@given(st.sets(st.integers(0, 99), min_size=1), st.integers(1, 200))
def test_every_language_is_found(numbers: set[int], size: int) -> None:
    codes = {f"x{number}" for number in numbers}
    tags = [f'<tu><tuv creationid="a"\n xml:lang="{code}"><seg/></tuv></tu>' for code in codes]
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patched:
        patched.setattr("alignment.corpora.xml_bitext._CHUNK_BYTES", size)
        path = Path(folder) / "a.tmx"
        path.write_text(f"<tmx><body>{''.join(tags)}</body></tmx>")
        assert languages_of(path).all == codes
