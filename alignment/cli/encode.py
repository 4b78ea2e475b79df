"""`alignment encode`: vectors of the deployed model."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from alignment.cli.options import DEFAULT_WORKSPACE, WorkspaceDir
from alignment.cli.registry import open_registry

if TYPE_CHECKING:
    import numpy as np

DECIMALS = 6


def encode(
    texts: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="TEXT",
            help="Texts to encode. Default: the lines of standard input.",
            show_default=False,
        ),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(
            "--name",
            metavar="MODEL",
            help="Name of the model. Needed only if the workspace has several.",
        ),
    ] = None,
    version: Annotated[
        str, typer.Option(metavar="VERSION", help="A version such as v2, or champion.")
    ] = "champion",
    output: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.npy",
            help="Write the vectors (texts, dim) to this NumPy file instead of printing them.",
        ),
    ] = None,
    workspace: WorkspaceDir = DEFAULT_WORKSPACE,
) -> None:
    """Encode texts into unit vectors with the deployed model.

    Prints one JSON object per text: {"text": ..., "vector": ...}.

    [bold]Examples[/bold]

      alignment encode "Good morning" "Bore da"
      alignment encode --output vectors.npy < sentences.txt
    """
    from alignment.encoder.device import fastest_device
    from alignment.encoder.directory import load_encoder

    path = open_registry(workspace, model).get(version).path
    if not texts:
        texts = [line.rstrip("\n") for line in sys.stdin]
    vectors = load_encoder(path, device=fastest_device()).encode(texts)
    if output is None:
        _print_vectors(texts, vectors)
    else:
        _save_vectors(output, vectors)


def _print_vectors(texts: list[str], vectors: np.ndarray) -> None:
    for text, vector in zip(texts, vectors.tolist(), strict=True):
        rounded = [round(value, DECIMALS) for value in vector]
        typer.echo(json.dumps({"text": text, "vector": rounded}, ensure_ascii=False))


def _save_vectors(path: Path, vectors: np.ndarray) -> None:
    import numpy as np

    with path.open("wb") as file:
        np.save(file, vectors)
    typer.echo(f"{path}: {vectors.shape[0]} x {vectors.shape[1]} float32", err=True)
