import json
import random
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from alignment import layout, tables
from alignment.cleaning.sentences import sentence_hashes
from alignment.config import PrebuiltTripletsCorpus, Triplets
from alignment.context import RunContext
from alignment.errors import EmptyCorpus
from alignment.files import tree_digests
from alignment.stages import miner
from alignment.stages.mine import mine
from alignment.stages.triplets import TripletsCounts, triplets
from alignment.triplets import parts
from alignment.triplets.audit import GuardCounts, NegativeStats
from alignment.triplets.build import BuildOptions, PairColumns, build_triplets
from alignment.triplets.candidates import CandidateTable
from alignment.triplets.groups import MeaningGroups
from alignment.triplets.parts import group_lookup
from alignment.triplets.rows import TripletRow
from alignment.types import Artifact, combined_digest
from tests.stages.helpers import new_context, pair_identity, pairs_artifact
from tests.support import TINY

SHARES = {"random": 0.4, "lexical": 0.4, "semantic": 0.0, "edited": 0.2}
SETTINGS = Triplets.model_validate({"shares": SHARES})
EDITED = Triplets.model_validate(
    {"shares": {"random": 0, "lexical": 0, "semantic": 0, "edited": 1}, "max_chrf": 100}
)
NO_ENCODER = Artifact("encoder", "", "", Path("nowhere"), {}, {}, 0.0, "none")


def build(
    context: RunContext,
    cleaned: dict[str, Artifact],
    settings: Triplets = SETTINGS,
    **options: Any,
) -> Artifact:
    mined = {
        language: mine(context, language, artifact, NO_ENCODER, settings)
        for language, artifact in cleaned.items()
    }
    by_language = dict.fromkeys(cleaned, settings)
    return triplets(context, cleaned, mined, by_language, uses={}, margin=0.2, **options)


def rows(artifact: Artifact) -> list[dict[str, Any]]:
    return list(tables.read(artifact.path / layout.TRIPLETS))


@pytest.fixture
def tiny(tmp_path: Path) -> dict[str, Artifact]:
    """The tiny corpus as artifacts of `clean`, without cleaning."""
    header, *lines = (line.split("\t") for line in TINY.read_text().splitlines())
    cleaned = {}
    for column, language in enumerate(header):
        if column:
            pairs = [(line[0], line[column]) for line in lines]
            cleaned[language] = pairs_artifact(tmp_path, language, pairs)
    return cleaned


def test_processes_give_the_same_bytes(
    context: RunContext,
    tiny: dict[str, Artifact],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    alone = build(context, tiny)
    for module in (miner, parts):
        monkeypatch.setattr(module, "PARALLEL_FROM", 0)
        monkeypatch.setattr(module, "available_cpus", lambda: 2)
    monkeypatch.setattr(parts, "PART", 50)  # ends inside a language
    together = build(new_context(tmp_path / "parallel"), tiny)
    assert alone.digest == together.digest
    for name in (layout.TRIPLETS, layout.AUDIT):
        assert (alone.path / name).read_bytes() == (together.path / name).read_bytes()


def test_the_same_triplets_as_with_everything_in_memory(
    context: RunContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    generator = random.Random(7)
    cleaned = {}
    for language in ("cy", "fi"):
        pairs = []
        for _ in range(150):
            number = generator.randrange(60)
            pairs.append((f"Ada reads page {number} to Bob", f"Ada {language}{number % 50} to Bob"))
        cleaned[language] = pairs_artifact(tmp_path, language, pairs)
    monkeypatch.setattr(parts, "PART", 40)
    monkeypatch.setattr(tables, "ROWS_PER_GROUP", 64)
    settings = SETTINGS.model_copy(update={"max_chrf": 90.0})
    artifact = build(context, cleaned, settings)
    expected = in_memory(context, cleaned, settings)
    assert rows(artifact) == pa.Table.from_pylist(expected, tables.TRIPLETS).to_pylist()
    assert {row["strategy"] for row in expected} == {"random", "lexical", "edited"}
    stats = NegativeStats(0.2, "en")
    stats.add(expected)
    audit = json.loads((artifact.path / layout.AUDIT).read_text())
    in_json = json.loads(json.dumps(stats.finished()))
    assert audit["strategies"] == in_json["strategies"]
    assert audit["by_language"] == in_json["by_language"]


def in_memory(
    context: RunContext, cleaned: dict[str, Artifact], settings: Triplets
) -> list[TripletRow]:
    """The definition: all columns are lists, and all pairs of a language are one part."""
    columns = {}
    sides = []
    for language, artifact in sorted(cleaned.items()):
        names = ("pair_id", "source", "target", "corpus")
        columns[language] = tables.read_columns(artifact.path / layout.PAIRS, *names)
        _, source, target, _ = columns[language]
        sides.append((sentence_hashes("en", source), sentence_hashes(language, target)))
    groups = MeaningGroups.of(sides)
    built: list[TripletRow] = []
    for language, (ids, source, target, corpora) in columns.items():
        meanings = groups.find(sentence_hashes("en", source)).tolist()
        pairs = PairColumns(language, ids, source, target, meanings, corpora)
        mined = mine(context, language, cleaned[language], NO_ENCODER, settings)
        candidates = CandidateTable(mined.path / layout.CANDIDATES, range(len(ids)))
        options = BuildOptions(settings, "en", 1, group_lookup(groups, sentence_hashes))
        built += build_triplets(pairs, candidates, options, GuardCounts())
    return built


def test_counts_add_up(context: RunContext, tiny: dict[str, Artifact]) -> None:
    artifact = build(context, tiny)
    counts = TripletsCounts.of(artifact)
    assert counts.triplets == len(rows(artifact)) > 500
    assert set(counts.triplets_by_language) == set(tiny)
    assert sum(counts.triplets_by_language.values()) == counts.triplets


def test_a_negative_in_another_corpus_has_its_meaning(tmp_path: Path) -> None:
    pairs = [
        ("see page 12", "katso sivu 12"),
        ("close the door", "sulje ovi"),
        ("it rains", "sataa"),
    ]

    def edited_in_english(
        directory: Path, spanish: list[tuple[str, str]]
    ) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        cleaned = {
            "fi": pairs_artifact(directory, "fi", pairs),
            "es": pairs_artifact(directory, "es", spanish),
        }
        built = rows(build(new_context(directory), cleaned, EDITED))
        (row,) = [
            row
            for row in built
            if row["strategy"] == "edited"
            and row["negative_lang"] == "en"
            and row["pair_id"] == pair_identity("fi", 0)
        ]
        return row, built

    night = ("good night", "buenas noches")
    alone, _ = edited_in_english(tmp_path / "a", [("good day", "buenos días"), night])
    assert alone["negative_group"] < 0
    known, built = edited_in_english(tmp_path / "b", [(alone["negative"], "véase"), night])
    assert known["negative"] == alone["negative"]
    group = next(row["group"] for row in built if row["pair_id"] == pair_identity("es", 0))
    assert known["negative_group"] == group


def test_prebuilt_triplets_are_added_and_counted(
    context: RunContext, tiny: dict[str, Artifact], tmp_path: Path
) -> None:
    entries = [
        {"anchor": f"question {n}", "positive": f"answer {n}", "negative": f"nothing {n * 7}"}
        for n in range(1, 6)
    ]
    path = tmp_path / "nli.jsonl"
    path.write_text("".join(json.dumps(entry) + "\n" for entry in entries))
    corpus = PrebuiltTripletsCorpus.model_validate(
        {"kind": "prebuilt_triplets", "path": path, "language": "en", "share": 0.1}
    )
    artifact = build(context, tiny, prebuilt=[corpus])
    counts = TripletsCounts.of(artifact)
    assert counts.prebuilt == {"nli": 5}
    assert counts.triplets == sum(counts.triplets_by_language.values()) + 5
    audit = json.loads((artifact.path / layout.AUDIT).read_text())
    assert audit["prebuilt"]["nli"] == {"seen": 5, "kept": 5, "dropped": {}}
    assert build(context, tiny).key != artifact.key


@pytest.mark.parametrize("directory", [layout.SUITES, layout.DEVELOPMENT])
def test_prebuilt_triplets_without_text_of_a_suite(
    context: RunContext, tiny: dict[str, Artifact], tmp_path: Path, directory: str
) -> None:
    path = tmp_path / "nli.jsonl"
    entries = [
        {"anchor": "a question", "positive": "an answer", "negative": "nothing"},
        {"anchor": "another question", "positive": "the truth", "negative": "something"},
    ]
    path.write_text("".join(json.dumps(entry) + "\n" for entry in entries))
    corpus = PrebuiltTripletsCorpus.model_validate(
        {"kind": "prebuilt_triplets", "path": path, "language": "en", "share": 0.1}
    )
    root = tmp_path / "suites"
    row = {**dict.fromkeys(tables.PAIRS.names, ""), "source": "THE TRUTH!", "target": "la verdad"}
    tables.write(root / layout.suite_file("court", "es", directory), tables.PAIRS, [row])
    digests = tree_digests(root)
    suites = Artifact("holdout", "", "", root, digests, {}, 0.0, combined_digest(digests))
    artifact = build(context, tiny, prebuilt=[corpus], holdout=suites)
    assert TripletsCounts.of(artifact).prebuilt == {"nli": 1}
    kept = [row["anchor"] for row in rows(artifact) if row["strategy"] == "prebuilt"]
    assert kept == ["a question"]
    assert build(context, tiny, prebuilt=[corpus]).key != artifact.key


def test_without_a_second_meaning(context: RunContext, tmp_path: Path) -> None:
    cleaned = {"fi": pairs_artifact(tmp_path, "fi", [("good day", "hyvää päivää")])}
    with pytest.raises(EmptyCorpus, match="not a single triplet") as caught:
        build(context, cleaned)
    assert "at least two pairs" in str(caught.value.hint)
