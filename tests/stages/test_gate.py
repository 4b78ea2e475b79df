import json
from dataclasses import replace
from pathlib import Path

import pytest

from alignment import layout, tables
from alignment.config import Gate, RetrievalRule, SuiteFloor
from alignment.context import RunContext
from alignment.errors import Corrupt, DataError
from alignment.files import tree_digests
from alignment.gate import Earlier
from alignment.stages.further import FurtherArtifacts
from alignment.stages.gate import GateCounts, gate, read_leaked, read_verdict
from alignment.types import Approved, Artifact, Rejected
from tests.stages.helpers import pairs_artifact

RULES = {"fi": Gate(floor=0.5, min_queries=4)}


def evaluated(
    directory: Path, name: str, right: str, *suites: str, similarity: float = 0.5
) -> Artifact:
    """An artifact of `evaluate`: one digit per query, 1 for a right answer."""
    for suite in suites or ("heldout",):
        rows = [
            {
                "query_id": f"{number}",
                "direction": direction,
                "correct": digit == "1",
                "similarity": similarity,
                "best_wrong": 0.4,
            }
            for direction in ("forward", "backward")
            for number, digit in enumerate(right)
        ]
        file = layout.outcomes_file(suite)
        tables.write(directory / name / file, tables.OUTCOMES, rows)
    files = tree_digests(directory / name)
    return Artifact("evaluate", "fi", name, directory / name, files, {}, 0.0, f"{name} {right}")


def run(context: RunContext, candidate: Artifact, reference: Artifact) -> Artifact:
    return gate(context.store, {"fi": candidate}, {"fi": reference}, RULES, against="v1")


def test_the_verdict_survives_the_store(context: RunContext, tmp_path: Path) -> None:
    before = evaluated(tmp_path, "before", "110000")
    after = evaluated(tmp_path, "after", "111111")
    artifact = run(context, after, before)
    verdict = read_verdict(artifact)
    assert isinstance(verdict, Approved)
    assert verdict.reference == "v1"
    (finding,) = verdict.findings
    assert finding.before.mean == pytest.approx(1 / 3)
    assert finding.after.mean == 1.0
    assert (finding.wins, finding.losses) == (8, 0)
    assert GateCounts.of(artifact) == GateCounts(findings=1, passed=1)


def test_the_measures_of_the_candidate_reach_the_verdict(
    context: RunContext, tmp_path: Path
) -> None:
    before = evaluated(tmp_path, "before", "110000")
    measures = {"heldout": {"forward": {"f1": 0.5}, "backward": {"f1": 0.9}}}
    (tmp_path / "after").mkdir()
    (tmp_path / "after" / layout.MEASURES).write_text(json.dumps(measures))
    after = evaluated(tmp_path, "after", "111111")
    floors = {"heldout": SuiteFloor(floor=0.8, metric="f1")}
    rules = {"fi": RULES["fi"].model_copy(update={"floors": floors})}
    verdict = read_verdict(gate(context.store, {"fi": after}, {"fi": before}, rules, against="v1"))
    assert isinstance(verdict, Rejected)
    (finding,) = verdict.failed
    assert finding.reason == "F1 70.0% is below the floor 80.0%"
    assert finding.measures == measures["heldout"]


def test_one_failed_suite_rejects(context: RunContext, tmp_path: Path) -> None:
    before = evaluated(tmp_path, "before", "000000", "tatoeba", "heldout")
    after = evaluated(tmp_path, "after", "110000", "tatoeba", "heldout")
    artifact = run(context, after, before)
    verdict = read_verdict(artifact)
    assert isinstance(verdict, Rejected)
    assert [finding.suite for finding in verdict.findings] == ["heldout", "tatoeba"]
    assert GateCounts.of(artifact).passed == 0


def test_queries_are_paired_by_id(context: RunContext, tmp_path: Path) -> None:
    before = evaluated(tmp_path, "before", "111100")
    after = evaluated(tmp_path, "after", "111100")
    path = before.path / layout.outcomes_file("heldout")
    rows = list(tables.read(path))
    tables.write(path, tables.OUTCOMES, rows[::-1])
    before = replace(before, files=tree_digests(before.path))
    (finding,) = read_verdict(run(context, after, before)).findings
    assert (finding.wins, finding.losses) == (0, 0)


def test_a_language_without_a_suite(context: RunContext, tmp_path: Path) -> None:
    empty = Artifact("evaluate", "fi", "k", tmp_path, {}, {}, 0.0, "d")
    with pytest.raises(DataError, match="no evaluation suite for this language") as caught:
        run(context, empty, empty)
    assert caught.value.where == "languages.fi"


def test_a_collapsed_candidate(context: RunContext, tmp_path: Path) -> None:
    before = evaluated(tmp_path, "before", "111111")
    after = evaluated(tmp_path, "after", "000000", similarity=0.4)
    (finding,) = read_verdict(run(context, after, before)).findings
    assert "the encoder has collapsed: for 100% of the queries" in finding.reason


def test_vectors_that_are_not_finite(context: RunContext, tmp_path: Path) -> None:
    fine = evaluated(tmp_path, "fine", "111111")
    broken = evaluated(tmp_path, "broken", "000000", similarity=float("nan"))
    (finding,) = read_verdict(run(context, broken, fine)).findings
    assert finding.reason.startswith("the vectors of 6 of 6 pairs are NaN or infinite")
    with pytest.raises(Corrupt, match="that the candidate is compared with gives NaN"):
        run(context, fine, broken)


def test_other_queries_are_an_error(context: RunContext, tmp_path: Path) -> None:
    before = evaluated(tmp_path, "before", "11111")
    after = evaluated(tmp_path, "after", "111111")
    with pytest.raises(DataError, match="different queries of heldout"):
        run(context, after, before)


def test_what_was_trained_on_is_found(context: RunContext, tmp_path: Path) -> None:
    suite = pairs_artifact(tmp_path / "holdout", "fi", [("One.", "Yksi."), ("Two.", "Kaksi.")])
    path = tmp_path / "suites" / layout.suite_file("heldout", "fi")
    path.parent.mkdir(parents=True)
    path.write_bytes((suite.path / layout.PAIRS).read_bytes())
    holdout = replace(suite, path=tmp_path / "suites", files=tree_digests(tmp_path / "suites"))
    row = dict.fromkeys(tables.TRIPLETS.names)
    row |= {"anchor": "three", "positive": "kolme", "negative": "YKSI"}
    tables.write(tmp_path / "triplets" / layout.TRIPLETS, tables.TRIPLETS, [row])
    trained = replace(
        holdout, path=tmp_path / "triplets", files=tree_digests(tmp_path / "triplets")
    )
    both = evaluated(tmp_path, "both", "111111")
    artifact = gate(
        context.store,
        {"fi": both},
        {"fi": both},
        RULES,
        against="v1",
        holdout=holdout,
        triplets=[trained],
    )
    verdict = read_verdict(artifact)
    assert isinstance(verdict, Rejected)
    assert verdict.failed[0].reason == "trained on 1 sentence of the suite heldout"
    assert read_leaked(artifact) == {("fi", "heldout"): 1}


def test_queries_of_a_retrieval_suite_that_were_trained_on(
    context: RunContext, tmp_path: Path
) -> None:
    queries = tmp_path / "holdout" / layout.suite_file("help", "fi", layout.QUERIES)
    row = dict.fromkeys(tables.PAIRS.names, "")
    texts = ["Missä on avain?", "Kuka tulee?"]
    tables.write(queries, tables.PAIRS, [row | {"source": text, "target": text} for text in texts])
    pairs = tmp_path / "holdout" / layout.suite_file("heldout", "fi")
    tables.write(pairs, tables.PAIRS, [row | {"source": "One.", "target": "Yksi."}])
    holdout = directory_artifact("holdout", tmp_path / "holdout")
    triplet = dict.fromkeys(tables.TRIPLETS.names)
    triplet |= {"anchor": "where", "positive": "MISSÄ ON AVAIN?", "negative": "ei"}
    tables.write(tmp_path / "triplets" / layout.TRIPLETS, tables.TRIPLETS, [triplet])
    trained = directory_artifact("triplets", tmp_path / "triplets")
    scores = {"ndcg@10": 1.0, "recall@100": 1.0, "mrr@10": 1.0}
    rows = [{"query_id": f"q{number}", **scores} for number in range(2)]
    path = tmp_path / "retrieved" / layout.outcomes_file("help")
    tables.write(path, tables.RELEVANCE_OUTCOMES, rows)
    retrieved = FurtherArtifacts(
        retrieved={"fi": directory_artifact("retrieve", tmp_path / "retrieved")}
    )
    both = evaluated(tmp_path, "both", "111111")
    rules = {"fi": RULES["fi"].model_copy(update={"retrieval": RetrievalRule()})}
    artifact = gate(
        context.store,
        {"fi": both},
        {"fi": both},
        rules,
        against="v1",
        holdout=holdout,
        triplets=[trained],
        further=(retrieved, retrieved),
    )
    verdict = read_verdict(artifact)
    assert isinstance(verdict, Rejected)
    assert verdict.failed[0].reason.startswith("trained on 1 query of the suite help; 2 queries")
    assert read_leaked(artifact)["fi", "help:retrieval"] == 1


def directory_artifact(stage: str, path: Path) -> Artifact:
    return Artifact(stage, "", stage, path, tree_digests(path), {}, 0.0, stage)


def test_the_attempt_is_part_of_the_key(context: RunContext, tmp_path: Path) -> None:
    both = evaluated(tmp_path, "both", "111111")
    artifacts = []
    for earlier in (Earlier(), Earlier(2), Earlier(2, frozenset({("fi", "heldout")}))):
        artifact = gate(
            context.store, {"fi": both}, {"fi": both}, RULES, against="v1", earlier=earlier
        )
        artifacts.append(artifact)
    assert len({artifact.key for artifact in artifacts}) == 3
    assert [read_verdict(artifact).trial.attempt for artifact in artifacts] == [1, 2, 2]


def test_a_verdict_of_an_earlier_release_is_read(context: RunContext, tmp_path: Path) -> None:
    both = evaluated(tmp_path, "both", "111111")
    artifact = run(context, both, both)
    path = artifact.path / layout.VERDICT
    content = json.loads(path.read_text())
    del content["trial"]
    for finding in content["findings"]:
        for name in ("rules", "p_adjusted", "power", "pooled_with"):
            del finding[name]
    path.write_text(json.dumps(content))
    verdict = read_verdict(artifact)
    assert isinstance(verdict, Approved)
    assert verdict.findings[0].rules == ()
