"""`alignment evaluate` on parallel text: measuring, printing and writing."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from alignment.cli.options import writing_file
from alignment.cli.output import print_note, write_json_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alignment.config import Corpus
    from alignment.context import RunContext
    from alignment.pipeline.measure import Bitext, LanguageScores
    from alignment.pipeline.measure_hard import HardScores
    from alignment.pipeline.models import ModelSource
    from alignment.retrieval.hard import HardOutcomes
    from alignment.retrieval.mixed import MixedResult


class MtebFile(NamedTuple):
    """Where the scores go in MTEB's format."""

    path: Path
    task: str
    """Name of the task."""


class Pools(NamedTuple):
    """Which pools are searched besides the suite itself."""

    mixed: bool = False
    """All languages together."""
    hard: bool = False
    """With altered copies of the texts."""


class _Result(NamedTuple):
    """How one encoder does."""

    name: str
    scores: list[LanguageScores]
    seconds: float
    """What measuring `scores` took."""
    mixed: list[MixedResult]
    """In one pool of all languages; empty if that is not asked for."""
    hard: list[HardScores]
    """In the hard pool; empty if that is not asked for."""


def evaluate_bitext(
    models: Sequence[ModelSource],
    suite: Corpus,
    codes: Sequence[str],
    context: RunContext,
    pools: Pools,
    *,
    as_json: bool,
    mteb: MtebFile | None,
) -> None:
    """Measure one encoder, or two of which the last one is compared with the first one.

    Args:
        models: The encoders.
        suite: Parallel text.
        codes: Languages; none means all that the suite has.
        context: The pivot, the downloads, and whether code of a model may run.
        pools: Which pools are searched besides.
        as_json: Print JSON instead of tables.
        mteb: The file for the scores of the last encoder in MTEB's format, if one is asked for.
    """
    from alignment.corpora.source import open_source
    from alignment.pipeline.measure import offered_languages, read_bitext

    source = open_source(suite, context.downloads, context.pivot)
    bitexts = [read_bitext(source, code) for code in codes or offered_languages(source)]
    results = [_measured(model, bitexts, context, pools) for model in models]
    if as_json:
        write_json_text(_as_json(results), indent=2)
    else:
        _print(results)
    if mteb is not None:
        _write_mteb(mteb, results[-1], context.pivot)


def _measured(
    model: ModelSource, bitexts: Sequence[Bitext], context: RunContext, pools: Pools
) -> _Result:
    from alignment.cli.display.progress import counting_bar
    from alignment.pipeline.measure import measure_encoder
    from alignment.pipeline.measure_hard import measure_hard
    from alignment.pipeline.measure_mixed import measure_mixed
    from alignment.pipeline.models import open_model

    encoder = open_model(model.path, trust_remote_code=context.trust_remote_code)
    started = time.monotonic()
    with counting_bar(model.name, len(bitexts)) as done:
        scores = measure_encoder(encoder, bitexts, done)
    seconds = time.monotonic() - started
    mixed = measure_mixed(encoder, bitexts, context.pivot) if pools.mixed else []
    hard = measure_hard(encoder, bitexts, context.pivot) if pools.hard else []
    return _Result(model.name, scores, seconds, mixed, hard)


def _print(results: Sequence[_Result]) -> None:
    """The tables: the last encoder alone, and compared with the one before it."""
    from alignment.cli.display.evaluation import print_comparison, print_mixed, print_scores
    from alignment.cli.display.hard_pool import print_hard
    from alignment.pipeline.measure import changes

    print_scores(results[-1].name, results[-1].scores)
    if len(results) == 2:
        old, new = results
        changed = list(changes(old.scores, new.scores))
        print_comparison(old.scores, new.scores, changed, (old.name, new.name))
    print_mixed({result.name: result.mixed for result in results if result.mixed})
    print_hard({result.name: result.hard for result in results if result.hard})


def _as_json(results: Sequence[_Result]) -> dict[str, dict[str, Any]]:
    """Scores by encoder and language, with the digest of the pairs."""
    by_encoder = {}
    for result in results:
        by_language: dict[str, dict[str, Any]] = {}
        for language in result.scores:
            by_language[language.language] = {
                "pairs": language.pairs,
                "pairs_digest": language.digest,
                "accuracy": language.accuracy,
                "from_pivot": language.forward._asdict(),
                "to_pivot": language.backward._asdict(),
            }
        for mixed in result.mixed:
            by_language.setdefault(mixed.language, {})["mixed_pool"] = mixed._asdict()
        for hard in result.hard:
            by_language[hard.language]["hard_pool"] = {
                "from_pivot": _hard_as_json(hard.from_pivot),
                "to_pivot": _hard_as_json(hard.to_pivot),
            }
        by_encoder[result.name] = by_language
    return by_encoder


def _hard_as_json(direction: HardOutcomes) -> dict[str, Any]:
    return {
        "copies": direction.copies,
        "accuracy": direction.accuracy,
        "plain_accuracy": direction.plain_accuracy,
        "xsim_error": direction.xsim_error,
        "errors": direction.errors(),
    }


def _write_mteb(file: MtebFile, measured: _Result, pivot: str) -> None:
    """Write the scores in the format of MTEB's results."""
    from alignment.files import write_json
    from alignment.report.mteb import result
    from alignment.types import combined_digest

    entries = []
    for language in measured.scores:
        to_pivot = language.backward
        entries.append(
            {
                "language": language.language,
                "pivot": pivot,
                "accuracy": to_pivot.accuracy_by_index,
                "recall": to_pivot.accuracy_by_index,
                "precision": to_pivot.precision,
                "f1": to_pivot.f1,
            }
        )
    revision = combined_digest({language.language: language.digest for language in measured.scores})
    content = result(file.task, entries, revision=revision, seconds=measured.seconds)
    hint = "Give --mteb a file in a directory that exists and has space."
    with writing_file(file.path, "scores", hint):
        write_json(file.path, content)
    print_note(f"{file.path}: the scores in MTEB's format, as its task {file.task}")
