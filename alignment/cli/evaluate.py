"""`alignment evaluate`: measure any encoder on parallel text."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
import yaml

from alignment.cli.options import (
    DEFAULT_WORKSPACE,
    Offline,
    WorkspaceDir,
    language_code,
    open_workspace,
)
from alignment.cli.output import print_note, write_json_text
from alignment.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alignment.pipeline.measure import Bitext, LanguageScores

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
    trust_remote_code: Annotated[
        bool,
        typer.Option(
            "--trust-remote-code", help="Run Python code that comes with the model. Read it first."
        ),
    ] = False,
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
    corpus = _corpus(suite)
    downloads = Downloads(place.root / "downloads", offline=offline)
    context = RunContext(place.store, downloads, pivot, seed=0)
    names = [model] if against is None else [against, model]
    sources = [
        find_model(name, place, context, trust_remote_code=trust_remote_code) for name in names
    ]
    source = open_source(corpus, downloads, pivot)
    bitexts = [
        measure.read_bitext(source, code) for code in codes or measure.offered_languages(source)
    ]
    started = time.monotonic()
    results = [_measured(each.path, bitexts, trust_remote_code) for each in sources]
    seconds = time.monotonic() - started
    if mteb is not None:
        _write_mteb(mteb, results[-1], pivot, seconds)
    shown = [each.name for each in sources]
    if as_json:
        write_json_text(_as_json(shown, results), indent=2)
        return
    _print(shown, results)
    if mixed_pool:
        for each in sources:
            _print_mixed(each.name, each.path, bitexts, pivot, trust_remote_code)


def _corpus(suite: str) -> Any:
    """The settings of a suite that is a file, or a corpus in YAML's flow style.

    Raises:
        ConfigError: with every wrong key.
    """
    from alignment.corpora.read import validated

    if not suite.lstrip().startswith("{"):
        return validated({"kind": "local", "path": suite})
    try:
        values = yaml.safe_load(suite)
    except yaml.YAMLError as error:
        raise ConfigError(
            "the corpus is not valid YAML",
            where="--suite",
            hint="Write it as one line of `corpora`, in single quotes.",
        ) from error
    return validated(values)


def _measured(
    path: Path, bitexts: Sequence[Bitext], trust_remote_code: bool
) -> list[LanguageScores]:
    from alignment.pipeline.measure import measure_encoder
    from alignment.pipeline.models import open_model

    return measure_encoder(open_model(path, trust_remote_code=trust_remote_code), bitexts)


def _print_mixed(
    name: str, path: Path, bitexts: Sequence[Bitext], pivot: str, trust_remote_code: bool
) -> None:
    from alignment.cli.display.evaluation import print_mixed
    from alignment.pipeline.measure_mixed import measure_mixed
    from alignment.pipeline.models import open_model

    encoder = open_model(path, trust_remote_code=trust_remote_code)
    print_mixed(name, measure_mixed(encoder, bitexts, pivot))


def _print(names: Sequence[str], results: Sequence[Sequence[LanguageScores]]) -> None:
    from alignment.cli.display.evaluation import print_comparison, print_scores
    from alignment.pipeline.measure import changes

    print_scores(names[-1], results[-1])
    if len(results) == 2:
        before, after = results
        print_comparison(before, after, list(changes(before, after)), (names[0], names[1]))


def _as_json(
    names: Sequence[str], results: Sequence[Sequence[LanguageScores]]
) -> dict[str, dict[str, Any]]:
    """Scores by encoder and language, with the digest of the pairs."""
    by_encoder = {}
    for name, scores in zip(names, results, strict=True):
        by_language = {}
        for language in scores:
            by_language[language.language] = {
                "pairs": language.pairs,
                "pairs_digest": language.digest,
                "accuracy": language.accuracy,
                "from_pivot": language.forward._asdict(),
                "to_pivot": language.backward._asdict(),
            }
        by_encoder[name] = by_language
    return by_encoder


def _write_mteb(path: Path, scores: Sequence[LanguageScores], pivot: str, seconds: float) -> None:
    from alignment.files import write_json
    from alignment.report.mteb import result
    from alignment.types import combined_digest

    entries = []
    for language in scores:
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
    revision = combined_digest({language.language: language.digest for language in scores})
    content = result(MTEB_TASK, entries, revision=revision, seconds=seconds)
    try:
        write_json(path, content)
    except OSError as error:
        raise ConfigError(
            f"cannot write the scores: {error.strerror}",
            where=str(path),
            hint="Give --mteb a file in a directory that exists and has space.",
        ) from error
    print_note(f"{path}: the scores in MTEB's format")
