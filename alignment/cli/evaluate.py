"""`alignment evaluate`: measure any encoder on parallel text."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from alignment.cli.options import (
    DEFAULT_WORKSPACE,
    Offline,
    TrustRemoteCode,
    WorkspaceDir,
    language_code,
    open_workspace,
    writing_file,
)
from alignment.cli.output import print_note, write_json_text
from alignment.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alignment.config import Corpus
    from alignment.pipeline.measure import Bitext, LanguageScores
    from alignment.pipeline.models import ModelSource
    from alignment.retrieval.mixed import MixedResult

MTEB_TASK = "Tatoeba"


def evaluate(
    model: Annotated[
        str,
        typer.Argument(
            metavar="MODEL",
            help="A directory, a published version such as quickstart@champion, or a model of "
            "the Hugging Face Hub with its commit: NAME/MODEL@<40 hex digits>.",
            show_default=False,
        ),
    ],
    suite: Annotated[
        str,
        typer.Option(
            metavar="FILE|CORPUS",
            help="Parallel text: a file, or one corpus as in the configuration: "
            "[bold]'{kind: local, path: flores.tsv}'[/bold].",
            show_default=False,
        ),
    ],
    language: Annotated[
        list[str] | None,
        typer.Option(
            metavar="CODE",
            help="Languages to measure. Repeatable. Default: all that the suite has.",
            show_default=False,
        ),
    ] = None,
    against: Annotated[
        str | None,
        typer.Option(
            metavar="MODEL",
            help="Also measure this encoder on the same pairs, and compare MODEL with it.",
            show_default=False,
        ),
    ] = None,
    pivot: Annotated[str, typer.Option(metavar="CODE", help="Language of the sources.")] = "en",
    mteb: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.json",
            help="Also write the scores of MODEL in the format of MTEB's results.",
            show_default=False,
        ),
    ] = None,
    mixed_pool: Annotated[
        bool,
        typer.Option(
            "--mixed-pool",
            help="Also search each text among the texts of all languages at once, as in a "
            "multilingual knowledge base.",
        ),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
    trust_remote_code: TrustRemoteCode = False,
    workspace: WorkspaceDir = DEFAULT_WORKSPACE,
    offline: Offline = False,
) -> None:
    r"""Measure an encoder on parallel text, or compare two of them. Nothing is trained.

    Each text is searched among all texts of the other side, in both
    directions. With --against, a paired exact test says for each language
    whether MODEL is worse.

    [bold]Examples[/bold]

      alignment evaluate quickstart@champion --suite court.tmx --language cy
      alignment evaluate models/new --against models/old \
          --suite '{kind: local, path: "flores/{lang}.tsv"}' --language cy
    """
    from alignment.context import RunContext
    from alignment.corpora.source import open_source
    from alignment.downloads import Downloads
    from alignment.pipeline import measure
    from alignment.pipeline.models import find_model

    place = open_workspace(workspace, offline=offline)
    pivot = language_code(pivot)
    codes = [language_code(code) for code in language or []]
    downloads = Downloads(place.root / "downloads", offline=offline)
    context = RunContext(place.store, downloads, pivot, seed=0)
    source = open_source(_corpus(suite), downloads, pivot)
    names = [model] if against is None else [against, model]
    models = [
        find_model(name, place, context, trust_remote_code=trust_remote_code) for name in names
    ]
    if len({each.name for each in models}) < len(models):  # such as a/model and b/model
        models = [each._replace(name=name) for each, name in zip(models, names, strict=True)]
    codes = codes or measure.offered_languages(source)
    bitexts = [measure.read_bitext(source, code) for code in codes]
    results = [
        _measured(each, bitexts, pivot, mixed_pool=mixed_pool, trust_remote_code=trust_remote_code)
        for each in models
    ]
    if as_json:
        write_json_text(_as_json(results), indent=2)
    else:
        _print(results)
    if mteb is not None:
        _write_mteb(mteb, results[-1], pivot)


class _Result(NamedTuple):
    """How one encoder does."""

    name: str
    scores: list[LanguageScores]
    seconds: float
    """What measuring `scores` took."""
    mixed: list[MixedResult]
    """In one pool of all languages; empty if that is not asked for."""


def _corpus(suite: str) -> Corpus:
    """The settings of a suite that is a file, or a corpus in YAML's flow style.

    Raises:
        ConfigError: with every wrong key.
    """
    from alignment.config import yaml_file
    from alignment.corpora.read import validated

    if not suite.lstrip().startswith("{"):
        return validated({"kind": "local", "path": suite})
    document = yaml_file.read(suite, "--suite")
    if document.problems:
        raise ConfigError(document.problems)
    return validated(document.value)


def _measured(
    model: ModelSource,
    bitexts: Sequence[Bitext],
    pivot: str,
    *,
    mixed_pool: bool,
    trust_remote_code: bool,
) -> _Result:
    from alignment.cli.display.progress import counting_bar
    from alignment.pipeline.measure import measure_encoder
    from alignment.pipeline.measure_mixed import measure_mixed
    from alignment.pipeline.models import open_model

    encoder = open_model(model.path, trust_remote_code=trust_remote_code)
    started = time.monotonic()
    with counting_bar(model.name, len(bitexts)) as done:
        scores = measure_encoder(encoder, bitexts, done)
    seconds = time.monotonic() - started
    mixed = measure_mixed(encoder, bitexts, pivot) if mixed_pool else []
    return _Result(model.name, scores, seconds, mixed)


def _print(results: Sequence[_Result]) -> None:
    from alignment.cli.display.evaluation import print_comparison, print_mixed, print_scores
    from alignment.pipeline.measure import changes

    print_scores(results[-1].name, results[-1].scores)
    if len(results) == 2:
        old, new = results
        changed = list(changes(old.scores, new.scores))
        print_comparison(old.scores, new.scores, changed, (old.name, new.name))
    print_mixed({result.name: result.mixed for result in results if result.mixed})


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
        by_encoder[result.name] = by_language
    return by_encoder


def _write_mteb(path: Path, measured: _Result, pivot: str) -> None:
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
    content = result(MTEB_TASK, entries, revision=revision, seconds=measured.seconds)
    hint = "Give --mteb a file in a directory that exists and has space."
    with writing_file(path, "scores", hint):
        write_json(path, content)
    print_note(f"{path}: the scores in MTEB's format")
