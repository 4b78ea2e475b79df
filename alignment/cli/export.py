"""`alignment registry export`: a model as ONNX, measured and gated."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from alignment.cli.exit_codes import REJECTED
from alignment.cli.options import (
    DEFAULT_WORKSPACE,
    Offline,
    WorkspacePlace,
    language_code,
    open_workspace,
)
from alignment.cli.output import print_line, print_note
from alignment.cli.suites import read_suite
from alignment.errors import ConfigError

if TYPE_CHECKING:
    from alignment.pipeline.export import Export
    from alignment.pipeline.export_suites import Suite
    from alignment.pipeline.search import FoundModel
    from alignment.pipeline.workspace import Workspace


def export_model(
    version: Annotated[
        str,
        typer.Argument(
            metavar="VERSION",
            help="A published version such as quickstart@champion, or the directory of an encoder.",
            show_default=False,
        ),
    ],
    out: Annotated[
        Path,
        typer.Option("--out", metavar="DIR", help="The directory to write.", show_default=False),
    ],
    format: Annotated[  # noqa: A002 - the name of the option
        Literal["onnx", "onnx-int8"],
        typer.Option(help="Weights in float32, or in 8 bits: a quarter of the size."),
    ] = "onnx",
    suite: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FILE|CORPUS",
            help="Parallel text to measure the export on, as in `alignment evaluate`. Repeatable. "
            "Default: the suites of the run that published the version.",
            show_default=False,
        ),
    ] = None,
    language: Annotated[
        list[str] | None,
        typer.Option(
            metavar="CODE",
            help="Languages of --suite. Repeatable. Default: all that it has.",
            show_default=False,
        ),
    ] = None,
    pivot: Annotated[
        str, typer.Option(metavar="CODE", help="Language of the sources of --suite.")
    ] = "en",
    margin: Annotated[
        float,
        typer.Option(
            metavar="SHARE",
            min=0,
            max=1,
            help="Accuracy that a language may lose on a suite: 0.01 is one point.",
        ),
    ] = 0.01,
    workspace: WorkspacePlace = DEFAULT_WORKSPACE,
    offline: Offline = False,
) -> int:
    r"""Write a model as one ONNX graph: from token ids to unit vectors.

    The graph must give the vectors of torch. Its accuracy is measured in each
    language. If a language loses more than the margin, nothing is written and
    the exit code is 3. DIR gets model.onnx, tokenizer.json and manifest.json.

    [bold]Examples[/bold]

      alignment registry export quickstart@champion --out onnx
      alignment registry export quickstart@v3 --format onnx-int8 --out int8
      alignment registry export models/mine --suite court.tmx --language cy \
          --out onnx
    """
    from alignment.cli.display.export import exporting, print_export
    from alignment.pipeline.export import export
    from alignment.pipeline.search import Models

    place = open_workspace(workspace, offline=offline)
    models = Models(place)
    model = models.find(version)
    suites = _suites(suite or [], language or [], pivot, place, model)
    with exporting() as on_step:
        result = export(model, models, out, suites, format=format, margin=margin, on_step=on_step)
    print_export(result)
    for score in result.refused:
        print_note(
            f"{score.language} ({score.suite}) loses {100 * score.loss:.1f} points, more than "
            f"the margin of {100 * margin:g}"
        )
    if result.refused:
        print_line(f"Refused: nothing was written. {_way_out(result)}")
        return REJECTED
    print_line(f"{out}: model.onnx ({result.bytes / 2**20:,.0f} MiB), tokenizer.json")
    return 0


def _way_out(result: Export) -> str:
    if result.format == "onnx-int8":
        return "Export with --format onnx, or raise --margin."
    return "Raise --margin if you can accept the loss."


def _suites(
    corpora: list[str],
    languages: list[str],
    pivot: str,
    workspace: Workspace,
    model: FoundModel,
) -> list[Suite]:
    from alignment.pipeline.export_suites import suites_of_version

    if corpora:
        codes = [language_code(code) for code in languages]
        return [read_suite(corpus, codes, language_code(pivot), workspace) for corpus in corpora]
    if languages:
        raise ConfigError(
            "--language chooses the languages of --suite, which is missing",
            where="--language",
            hint="Add --suite, or leave out --language.",
        )
    if model.version is None:
        raise ConfigError(
            "an export is measured, and only a published version has suites",
            where="VERSION",
            hint="Pass parallel text to measure it on: --suite FILE --language CODE.",
        )
    return suites_of_version(workspace, model.version)
