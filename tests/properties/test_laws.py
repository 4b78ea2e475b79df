"""Laws that hold for any input."""

import bz2
import contextlib
import gzip
import io
import json
import lzma
import tempfile
import zipfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alignment.cleaning import columns
from alignment.cleaning.clean import Ledger, clean, suite_rows
from alignment.cleaning.contamination import SuiteIndex
from alignment.cleaning.filters import Context
from alignment.cleaning.normalize import comparable, fingerprint, normalize
from alignment.cleaning.seen import SeenHashes
from alignment.cleaning.split import held_out
from alignment.config import Clean, Gate, LocalCorpus, OpusCorpus, Train, parse_config
from alignment.corpora.gettext import Catalog, read_catalog
from alignment.corpora.json_catalog import read_json_catalog
from alignment.corpora.local import LocalSource
from alignment.corpora.opus import OpusSource
from alignment.downloads.fetch import Downloads
from alignment.downloads.lockfile import Lockfile
from alignment.errors import AlignmentError, ConfigError, Malformed
from alignment.gate import PairedOutcomes, SuiteOutcomes, judge
from alignment.retrieval.neighbors import nearest
from alignment.training.batching import Item, plan
from alignment.triplets.groups import MeaningGroups

settings.register_profile("shared machine", deadline=None)
settings.load_profile("shared machine")
columns.tables()  # made once a process, outside of the time that an example may take
words = st.sampled_from(
    ["save", "the", "page", "Sivu", "É", "…", "%(n)s", "<b>", "日本", "a\u0301", " ", "\u200b"]
)
text = st.lists(words, max_size=6).map(" ".join) | st.text(max_size=20)
rows = st.lists(st.fixed_dictionaries({"source": text, "target": text}), max_size=25)


@given(st.text(max_size=60))
def test_normal_forms_are_idempotent(value: str) -> None:
    assert normalize(normalize(value)) == normalize(value)
    assert comparable(comparable(value)) == comparable(value)
    assert (
        comparable(normalize(value)) == comparable(value) or "\u00ad" in value or "\u200b" in value
    )


@given(st.lists(text | st.text(max_size=8), max_size=12))
def test_columns_do_what_the_plain_functions_do(values: list[str]) -> None:
    texts = columns.from_arrow(pa.array(values, pa.string()))
    assert texts.strings() == values
    assert columns.to_arrow(texts).to_pylist() == values
    assert columns.normalized(texts).strings() == [normalize(value) for value in values]
    compared = columns.comparables(texts)
    assert compared.strings() == [comparable(value) for value in values]
    assert columns.fingerprints(compared).tolist() == [fingerprint(value) for value in values]


def batches_of(given_rows: list[dict[str, str]], size: int) -> list[pa.RecordBatch]:
    schema = pa.schema([("source", pa.string()), ("target", pa.string())])
    return [
        pa.RecordBatch.from_pylist(given_rows[i : i + size], schema)
        for i in range(0, len(given_rows), size)
    ]


def listed(batches: Iterable[pa.RecordBatch]) -> list[dict[str, str]]:
    return [row for batch in batches for row in batch.to_pylist()]


LIMITS = Clean(min_words=1, max_same_target=2, near_duplicates=0.8)
NOTHING = np.zeros(0, dtype=np.int64)


@given(rows, st.floats(0, 0.5), st.integers(0, 5), st.integers(1, 9))
def test_the_ledger_adds_up_and_cleaning_twice_changes_nothing(
    given_rows: list[dict[str, str]], share: float, seed: int, size: int
) -> None:
    ledger, second = Ledger(), Ledger()

    def once(batches: list[pa.RecordBatch], ledger: Ledger) -> list[dict[str, str]]:
        return listed(
            clean(
                batches, LIMITS, ledger, share=share, seed=seed, blocked=NOTHING, context=Context()
            )
        )

    kept = once(batches_of(given_rows, size), ledger)
    report = ledger.report()
    assert report.seen == len(given_rows) and report.kept == len(kept)
    assert once(batches_of(kept, size), second) == kept
    assert (
        once(batches_of(given_rows, 25), Ledger()) == kept
    )  # how the rows are batched does not matter


@given(rows, st.integers(0, 5))
def test_no_text_stands_on_both_sides_of_the_split(
    given_rows: list[dict[str, str]], seed: int
) -> None:
    suite = listed(suite_rows(batches_of(given_rows, 7), LIMITS, Context(), share=0.4, seed=seed))
    blocked = {
        fingerprint(row[side])
        for row in suite
        for side in ("source", "target")
        if comparable(row[side])
    }
    hashes = np.array(sorted(blocked), dtype=np.int64)
    batches = batches_of(given_rows, 7)
    kept = listed(
        clean(batches, LIMITS, Ledger(), share=0.4, seed=seed, blocked=hashes, context=Context())
    )
    tested = {comparable(row[side]) for row in suite for side in ("source", "target")} - {""}
    trained = {comparable(row[side]) for row in kept for side in ("source", "target")}
    assert not tested & trained


@given(st.lists(st.lists(st.integers(0, 40), max_size=20), max_size=8), st.integers(1, 30))
def test_seen_hashes_are_a_set_in_memory_and_on_disk(added: list[list[int]], spill: int) -> None:
    with tempfile.TemporaryDirectory() as directory:
        seen, known = SeenHashes(Path(directory), spill), set[int]()
        for values in added:
            got = seen.add(np.array(values, dtype=np.int64)).tolist()
            expected = []
            for value in values:
                expected.append(value in known)
                known.add(value)
            assert got == expected
        assert len(seen) == len(known)


@given(
    st.lists(st.text(alphabet="abcd ", min_size=4, max_size=30), min_size=1, max_size=6), st.data()
)
def test_near_leaks_are_those_of_the_naive_definition(
    suite: list[str], data: st.DataObject
) -> None:
    probe = data.draw(st.sampled_from(suite)) + data.draw(st.text(alphabet="abcd", max_size=3))
    index = SuiteIndex(columns.comparables(columns.from_strings(suite)), np.arange(len(suite)), 0.7)

    def shingles(value: str) -> set[str]:
        form = comparable(value)
        return {form[i : i + 6] for i in range(len(form) - 5)}

    def leaks(a: str, b: str) -> bool:
        x, y = shingles(a), shingles(b)
        return bool(comparable(a)) and (
            comparable(a) == comparable(b) or (bool(x | y) and len(x & y) / len(x | y) >= 0.7)
        )

    rows, _ = index.leaks(columns.comparables(columns.from_strings([probe])))
    assert bool(len(rows)) == any(leaks(probe, sentence) for sentence in suite)


@given(st.text(min_size=1, max_size=30), st.integers(0, 2**32 - 1))
def test_the_side_of_the_split_ignores_case_and_grows_with_the_share(value: str, seed: int) -> None:
    hashes = np.array([fingerprint(value), fingerprint(f"  {value} !")])
    small, large = held_out(hashes, 0.1, seed), held_out(hashes, 0.3, seed)
    assert large[0] == large[1] and (large | ~small).all()


outcomes = st.lists(st.tuples(st.booleans(), st.booleans()), min_size=5, max_size=60)


@given(outcomes, st.data())
def test_the_gate_is_monotone(given_outcomes: list[tuple[bool, bool]], data: st.DataObject) -> None:
    rules = Gate(floor=0.4, min_queries=1)
    reference, candidate = [list(side) for side in zip(*given_outcomes, strict=True)]
    place = data.draw(st.integers(0, len(candidate) - 1))
    better = [*candidate[:place], True, *candidate[place + 1 :]]

    def passed(side: list[bool]) -> bool:
        return judge(
            SuiteOutcomes("x", "s", PairedOutcomes(reference, side), PairedOutcomes(reference, candidate)), rules, "v"
        ).passed

    assert passed(better) or not passed(candidate)


@given(st.integers(1, 40), st.integers(1, 30), st.integers(1, 12), st.integers(1, 16))
def test_blocked_neighbors_equal_brute_force(n: int, m: int, k: int, block: int) -> None:
    generator = np.random.default_rng(n * 31 + m)
    x, y = (generator.normal(size=(size, 5)).astype(np.float32) for size in (n, m))
    indices, scores = nearest(x, y, k, block=block)
    brute = x @ y.T
    assert np.allclose(scores, -np.sort(-brute, axis=1)[:, :k], atol=1e-5)
    assert indices.shape == (n, min(k, m))


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=30))
def test_groups_do_not_depend_on_the_order(edges: list[tuple[int, int]]) -> None:
    def number(order: list[tuple[int, int]]) -> dict[int, int]:
        columns = np.array(order, np.int64).reshape(-1, 2).T
        groups = MeaningGroups.of([(columns[0], 20 + columns[1])])
        return dict(zip(range(40), groups.find(np.arange(40)).tolist(), strict=True))

    found, graph = number(edges), joined(edges)
    assert found == number(edges[::-1])
    for a in range(13):
        for b in range(13):
            assert (found[a] == found[20 + b]) == any(
                a in part and 20 + b in part for part in graph
            )


def joined(edges: list[tuple[int, int]]) -> list[set[int]]:
    """Sets of what hangs together, joined one edge after the other."""
    parts: list[set[int]] = []
    for a, b in edges:
        near = [part for part in parts if {a, 20 + b} & part]
        parts = [part for part in parts if part not in near] + [{a, 20 + b}.union(*near)]
    return parts


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
    # Sentences are told apart by pool and meaning: families are frequent, and so are shared negatives.
    items = [
        Item(pool, (group, 50 + group, 50 + negative), (tokens, 7, 9), (group, 10 + negative))
        for pool, tokens, group, negative in raw
    ]
    train = Train(batch_size=size, batch_tokens=budget, group_related=kin, mix_languages=mixed)
    for batch in plan(items, train, steps=7, seed=1):
        members = [items[i] for i in batch]
        assert mixed or len({m.pool for m in members}) == 1
        assert len({m.groups[0] for m in members}) == len(batch) <= size
        tokens: dict[int, int] = {}
        for m in members:  # of a sentence that has several lengths here, the first counts
            for sentence, length in zip(m.sentences, m.lengths, strict=True):
                tokens.setdefault(sentence, length)
        assert len(batch) == 1 or sum(tokens.values()) <= budget


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


def packed(data: bytes, suffix: str) -> bytes:
    """As the suffix says, or every other time left as it is: not what its name says."""
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
    return (
        {"gz": gzip, "bz2": bz2, "xz": lzma}[kind].compress(data)
        if kind in ("gz", "bz2", "xz")
        else data
    )  # type: ignore[attr-defined,no-any-return]


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
        for pair in read_json_catalog("x.json", data, json.dumps(pivot).encode()):
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
