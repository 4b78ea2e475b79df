"""Laws of the other rooms that hold for any input: search, batches, parsers."""

import bz2
import contextlib
import gzip
import io
import json
import lzma
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alignment.config import LocalCorpus, OpusCorpus, Train, parse_config
from alignment.corpora.catalog import Catalog, read_catalog
from alignment.corpora.local import LocalSource
from alignment.corpora.opus import OpusSource
from alignment.downloads.fetch import Downloads
from alignment.downloads.lockfile import Lockfile
from alignment.errors import AlignmentError, ConfigError, Malformed
from alignment.retrieval.neighbors import nearest
from alignment.training.batching import plan
from tests.unit.training.naive import Item, data_of, lists_of

settings.register_profile("shared machine", deadline=None)
settings.load_profile("shared machine")


@given(st.integers(1, 40), st.integers(1, 30), st.integers(1, 12), st.integers(1, 16))
def test_blocked_neighbors_equal_brute_force(n: int, m: int, k: int, block: int) -> None:
    generator = np.random.default_rng(n * 31 + m)
    x, y = (generator.normal(size=(size, 5)).astype(np.float32) for size in (n, m))
    indices, scores = nearest(x, y, k, block=block)
    brute = x @ y.T
    assert np.allclose(scores, -np.sort(-brute, axis=1)[:, :k], atol=1e-5)
    assert indices.shape == (n, min(k, m))


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from("ab"), st.integers(1, 40), st.integers(0, 9), st.integers(0, 9)),
        min_size=1,
        max_size=60,
    ),
    st.integers(1, 9),
    st.integers(64, 600),
    st.integers(1, 9),
    st.booleans(),
)
def test_every_plan_keeps_the_batch_laws(
    raw: list[tuple[str, int, int, int]], size: int, budget: int, kin: int, mixed: bool
) -> None:
    # Few pools and meanings: related triplets are frequent, and so are shared negatives.
    items = [
        Item(pool, (group, 50 + group, 50 + negative), (tokens, 7, 9), (group, 10 + negative))
        for pool, tokens, group, negative in raw
    ]
    train = Train(batch_size=size, batch_tokens=budget, group_related=kin, mix_languages=mixed)
    lengths: dict[int, int] = {}
    for each in items:  # of a sentence that has several lengths here, the last counts
        lengths.update(zip(each.sentences, each.lengths, strict=True))
    for batch in plan(data_of(*lists_of(items)), train, steps=7, seed=1):
        members = [items[i] for i in batch]
        assert mixed or len({m.pool for m in members}) == 1
        assert len({m.groups[0] for m in members}) == len(batch) <= size
        encoded = {sentence for m in members for sentence in m.sentences}
        assert len(batch) == 1 or sum(lengths[sentence] for sentence in encoded) <= budget


@settings(deadline=None, max_examples=60)
@given(st.binary(max_size=300), st.sampled_from(["po", "mo"]))
def test_any_bytes_are_a_catalog_or_malformed(data: bytes, form: str) -> None:
    header = b"\xde\x12\x04\x95" if form == "mo" else b'msgid ""\nmsgstr ""\n'
    with contextlib.suppress(Malformed):
        list(read_catalog(Catalog(f"x.{form}", form, header + data)))


SUFFIXES = [
    ".tsv",
    ".csv",
    ".jsonl",
    ".parquet",
    ".tmx",
    ".xlf",
    ".po",
    ".mo",
    ".tsv.gz",
    ".tsv.bz2",
    ".csv.xz",
    ".tsv.zst",
    ".jsonl.zip",
    ".tmx.gz",
]
HEADS = {
    "tsv": b"source\ttarget\n",
    "csv": b"source,target\n",
    "tmx": b"<tmx><body>",
    "xlf": b'<xliff><file source-language="en" target-language="fi"><body>',
}
# What parsers stumble over: marks of each format, in any order.
ALPHABET = [
    "<tu>",
    "</tu>",
    "<tuv xml:lang='en'>",
    "<seg>",
    "</seg>",
    "&b;",
    "<!DOCTYPE x [",
    "\t",
    "\n",
    ",",
    '"',
    "{",
    "}",
    "a",
    "\x00",
    "é",
]


COMPRESSORS: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
}


def packed(data: bytes, suffix: str) -> bytes:
    """The data compressed as the suffix says; data of odd length is left as it is."""
    kind = suffix.rpartition(".")[2]
    if len(data) % 2:
        return data
    if kind == "zip":
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr("inside", data)
        return buffer.getvalue()
    if kind == "zst":
        return bytes(pa.compress(data, codec="zstd", asbytes=True))
    if kind in COMPRESSORS:
        return COMPRESSORS[kind](data)
    return data


@settings(deadline=None, max_examples=60)
@given(
    st.binary(max_size=300)
    | st.lists(st.sampled_from(ALPHABET), max_size=40).map("".join).map(str.encode),
    st.sampled_from(SUFFIXES),
)
def test_any_bytes_are_rows_or_one_of_our_errors(data: bytes, suffix: str) -> None:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / f"x{suffix}"
        path.write_bytes(packed(HEADS.get(suffix.split(".")[1], b"") + data, suffix))
        source = LocalSource(LocalCorpus(kind="local", path=path), Downloads(path.parent), "en")
        with contextlib.suppress(AlignmentError):
            list(source.pairs("fi"))


json_values = st.recursive(
    st.none() | st.booleans() | st.text(max_size=5),
    lambda x: st.lists(x) | st.dictionaries(st.text(max_size=3), x),
)


@settings(deadline=None, max_examples=60)
@given(
    st.binary(max_size=100) | json_values.map(lambda value: json.dumps(value).encode()), json_values
)
def test_any_bytes_are_a_json_catalog_or_malformed(data: bytes, pivot: object) -> None:
    with contextlib.suppress(Malformed):
        for pair in read_catalog(Catalog("x.json", "json", data, json.dumps(pivot).encode())):
            pair.source.encode()
            pair.target.encode()


@settings(deadline=None, max_examples=60)
@given(st.binary(max_size=200), st.booleans(), st.binary(max_size=60), st.binary(max_size=60))
def test_any_bytes_are_an_opus_zip_or_one_of_our_errors(
    data: bytes, whole: bool, left: bytes, right: bytes
) -> None:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "fi-en.txt.zip"
        path.write_bytes(data)
        if whole:
            with zipfile.ZipFile(path, "w") as archive:
                archive.writestr("X.en-fi.en", left)
                archive.writestr("X.en-fi.fi", right)
        index = Path(directory) / "index"
        index.write_text(
            json.dumps({"corpora": [{"source": "en", "target": "fi", "url": path.as_uri()}]})
        )
        lock = Lockfile()
        downloads = Downloads(Path(directory) / "d", lock)
        source = OpusSource(
            OpusCorpus(kind="opus", corpus="X", version="1", api=index.as_uri()), downloads, "en"
        )
        downloads.fetch = lambda url, **_: Path(url.partition("?")[0].removeprefix("file://"))  # type: ignore[method-assign]
        with contextlib.suppress(AlignmentError):
            list(source.pairs("fi"))


@settings(deadline=None, max_examples=60)
@given(st.text(max_size=200))
def test_any_text_is_a_configuration_or_a_config_error(value: str) -> None:
    with pytest.raises(ConfigError):
        parse_config(value + "\nunknown_key_at_the_end: 1")
