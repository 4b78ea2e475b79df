"""`alignment evaluate`: measure any encoder on parallel text."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from alignment.cli.options import (
    DEFAULT_WORKSPACE,
    Offline,
    TrustRemoteCode,
    WorkspacePlace,
    language_code,
    open_workspace,
)
from alignment.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alignment.config import Corpus, RetrievalSuite
    from alignment.context import RunContext
    from alignment.pipeline.models import ModelSource
    from alignment.pipeline.workspace import Workspace


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
            "[bold]'{kind: local, path: flores.tsv}'[/bold]. Or queries and documents: "
            "[bold]'{kind: retrieval, path: \"miracl/{lang}\"}'[/bold].",
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
    mteb_task: Annotated[
        str, typer.Option(metavar="NAME", help="Name of the task in the file of --mteb.")
    ] = "Tatoeba",
    mixed_pool: Annotated[
        bool,
        typer.Option(
            "--mixed-pool",
            help="Also search each text among the texts of all languages at once, as in a "
            "multilingual knowledge base.",
        ),
    ] = False,
    hard_pool: Annotated[
        bool,
        typer.Option(
            "--hard-pool",
            help="Also search among altered copies of the texts: other numbers, negations, names, "
            "opposites and word order (xsim++).",
        ),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
    trust_remote_code: TrustRemoteCode = False,
    workspace: WorkspacePlace = DEFAULT_WORKSPACE,
    offline: Offline = False,
) -> None:
    r"""Measure an encoder on a suite, or compare two of them. Nothing is trained.

    Parallel text: each text is searched among all texts of the other side,
    in both directions. With --against, a paired exact test says for each
    language whether MODEL is worse. A suite of the kind [bold]retrieval[/bold]
    has queries and documents: nDCG@10, recall@100 and MRR@10.

    [bold]Examples[/bold]

      alignment evaluate quickstart@champion --suite court.tmx --language cy
      alignment evaluate models/new --against models/old \
          --suite '{kind: local, path: "flores/{lang}.tsv"}' --language cy
    """
    from alignment.cli.evaluate_bitext import MtebFile, Pools, evaluate_bitext
    from alignment.cli.evaluate_retrieval import evaluate_retrieval
    from alignment.config import RetrievalSuite
    from alignment.context import RunContext
    from alignment.downloads import Downloads

    place = open_workspace(workspace, offline=offline)
    pivot = language_code(pivot)
    codes = [language_code(code) for code in language or []]
    downloads = Downloads(place.root / "downloads", offline=offline)
    context = RunContext(place.store, downloads, pivot, seed=0, trust_remote_code=trust_remote_code)
    settings = _suite(suite)
    models = _models([model] if against is None else [against, model], place, context)
    if isinstance(settings, RetrievalSuite):
        _refuse_parallel_options(mteb=mteb is not None, mixed_pool=mixed_pool, hard_pool=hard_pool)
        evaluate_retrieval(models, settings, codes, context, as_json=as_json)
        return
    pools = Pools(mixed_pool, hard_pool)
    result_file = None if mteb is None else MtebFile(mteb, mteb_task)
    evaluate_bitext(models, settings, codes, context, pools, as_json=as_json, mteb=result_file)


def _models(names: Sequence[str], place: Workspace, context: RunContext) -> list[ModelSource]:
    """The encoders of these names, under names that differ."""
    from alignment.pipeline.models import find_model

    trusted = context.trust_remote_code
    models = [find_model(name, place, context, trust_remote_code=trusted) for name in names]
    if len({each.name for each in models}) < len(models):  # such as a/model and b/model
        models = [each._replace(name=name) for each, name in zip(models, names, strict=True)]
    return models


def _refuse_parallel_options(**asked: bool) -> None:
    """Queries and documents have no translations.

    Raises:
        ConfigError: if an option is given that needs them.
    """
    for option, is_asked in asked.items():
        if is_asked:
            raise ConfigError(
                "this option needs parallel text, and the suite has queries and documents",
                where=f"--{option.replace('_', '-')}",
                hint="Leave it out, or name another suite.",
            )


def _suite(suite: str) -> Corpus | RetrievalSuite:
    """The settings of `--suite`.

    Raises:
        ConfigError: with every wrong key.
    """
    from alignment.config import RetrievalSuite
    from alignment.config.sections import section
    from alignment.corpora.read import corpus_values, validated

    values = corpus_values(suite, "--suite")
    if values.get("kind") == "retrieval":
        return section(RetrievalSuite, values, "suite")
    return validated(values)
