import json
from pathlib import Path

import pytest

from alignment import layout, tables
from alignment.cleaning import corpus_context
from alignment.config import Clean, Holdout, LocalCorpus
from alignment.context import RunContext
from alignment.errors import EmptyCorpus
from alignment.stages.clean import CleanCounts, clean
from alignment.stages.holdout import holdout
from alignment.stages.pull import pull
from alignment.types import Artifact
from tests.stages.helpers import clean_tiny, new_context, pull_tiny


def clean_spanish(context: RunContext, limits: Clean) -> Artifact:
    pulled = pull_tiny(context, "es")
    suites = holdout(context, pulled, Holdout(), {"es": Clean()})
    return clean(context, "es", pulled["es"], suites, limits, share=0.2)


def test_every_row_is_accounted_for(context: RunContext) -> None:
    artifact = clean_spanish(context, Clean())
    counts = CleanCounts.of(artifact)
    assert counts.seen == 120
    assert counts.kept + sum(counts.dropped.values()) == 120
    assert counts.kept == tables.count_rows(artifact.path / layout.PAIRS)
    ledger = json.loads((artifact.path / layout.LEDGER).read_text())
    assert (ledger["kept"], ledger["dropped"]) == (counts.kept, counts.dropped)


def test_the_ledger_has_what_the_readers_skipped(context: RunContext, tmp_path: Path) -> None:
    unit = "<trans-unit><source>Sentence number {0} of this file</source>{1}</trans-unit>"
    target = "<target>Frase número {0} de este archivo</target>"
    units = [unit.format(number, target.format(number)) for number in range(40)]
    body = "".join([*units, unit.format(41, ""), unit.format(42, "")])
    path = tmp_path / "own.xlf"
    path.write_text(f'<xliff><file source-language="en" target-language="es">{body}</file></xliff>')
    own = LocalCorpus(kind="local", path=path, name="own", license="MIT")
    pulled = {"es": pull(context, "es", (own,))}
    suites = holdout(context, pulled, Holdout(), {"es": Clean()})
    artifact = clean(context, "es", pulled["es"], suites, Clean(), share=0.2)
    ledger = json.loads((artifact.path / layout.LEDGER).read_text())
    assert ledger["skipped_by_reader"] == {"own": {"untranslated": 2}}
    assert CleanCounts.of(artifact).seen == 40


def test_nothing_of_a_suite_is_left(context: RunContext) -> None:
    cleaned, suites = clean_tiny(context, "es", "ru")
    evaluated: set[str] = set()
    for language in ("es", "ru"):
        suite = layout.read_suite(suites.path, layout.HELDOUT, language)
        evaluated |= {*suite.source, *suite.target}
    for artifact in cleaned.values():
        source, target = tables.read_columns(artifact.path / layout.PAIRS, "source", "target")
        assert not evaluated & {*source, *target}


def test_rejects_are_written_with_their_reason(context: RunContext) -> None:
    artifact = clean_spanish(context, Clean(keep_rejects=True, max_chars=40))
    reasons: dict[str, int] = {}
    for row in tables.read(artifact.path / layout.REJECTS):
        reasons[row["reason"]] = reasons.get(row["reason"], 0) + 1
    assert reasons == CleanCounts.of(artifact).dropped
    assert reasons["too_long"] > 0


def test_rejects_are_not_written_by_default(context: RunContext) -> None:
    assert layout.REJECTS not in clean_spanish(context, Clean()).files


def test_nothing_left_is_an_error(context: RunContext) -> None:
    with pytest.raises(EmptyCorpus, match="none of the 120 pairs is left") as caught:
        clean_spanish(context, Clean(min_words=50))
    assert caught.value.where == "languages.es"
    assert "too_few_words" in str(caught.value.hint)


def test_processes_give_the_same_bytes(
    context: RunContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = clean_spanish(context, Clean())
    monkeypatch.setattr(corpus_context, "PARALLEL_FROM", 0)
    monkeypatch.setattr(corpus_context, "available_cpus", lambda: 2)
    together = clean_spanish(new_context(tmp_path / "parallel"), Clean())
    assert alone.digest == together.digest
