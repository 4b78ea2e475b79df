"""`alignment encode`: vectors of the deployed model."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from alignment.cli.options import DEFAULT_WORKSPACE, WorkspaceDir
from alignment.cli.registry import open_registry

if TYPE_CHECKING:
    import numpy as np

    from alignment.encoder.encoder import Encoder

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
    side: Annotated[
        Literal["source", "target"] | None,
        typer.Option(
            help="Which prompt the texts get: source is for the pivot language, target for the "
            "others. Needed only if the model has two prompts.",
            show_default=False,
        ),
    ] = None,
    trust_remote_code: Annotated[
        bool,
        typer.Option(
            "--trust-remote-code", help="Run Python code that comes with the model. Read it first."
        ),
    ] = False,
    workspace: WorkspaceDir = DEFAULT_WORKSPACE,
) -> None:
    """Encode texts into unit vectors with the deployed model.

    Prints one JSON object per text: {"text": ..., "vector": ...}.

    [bold]Examples[/bold]

      alignment encode "Good morning" "Bore da"
      alignment encode --output vectors.npy < sentences.txt
      alignment encode --side target "Bore da"
    """
    from alignment.encoder.device import fastest_device
    from alignment.encoder.directory import load_encoder

    path = open_registry(workspace, model).get(version).path
    if not texts:
        texts = [line.rstrip("\n") for line in sys.stdin]
    encoder = load_encoder(path, device=fastest_device(), trust_remote_code=trust_remote_code)
    vectors = encoder.encode(texts, side=side or _only_side(encoder))
    if output is None:
        _print_vectors(texts, vectors)
    else:
        _save_vectors(output, vectors)


def _only_side(encoder: Encoder) -> Literal["source"]:
    """The side of a model whose two prompts are the same.

    Raises:
        ConfigError: if they differ, so that the caller has to choose.
    """
    from alignment.errors import ConfigError

    if encoder.prompts.source != encoder.prompts.target:
        raise ConfigError(
            f"the model has two prompts: source {encoder.prompts.source!r}, target "
            f"{encoder.prompts.target!r}",
            where="--side",
            hint="Pass --side source for texts in the pivot language, --side target for others.",
        )
    return "source"


def _print_vectors(texts: list[str], vectors: np.ndarray) -> None:
    for text, vector in zip(texts, vectors.tolist(), strict=True):
        rounded = [round(value, DECIMALS) for value in vector]
        typer.echo(json.dumps({"text": text, "vector": rounded}, ensure_ascii=False))


def _save_vectors(path: Path, vectors: np.ndarray) -> None:
    import numpy as np

    with path.open("wb") as file:
        np.save(file, vectors)
    typer.echo(f"{path}: {vectors.shape[0]} x {vectors.shape[1]} float32", err=True)
