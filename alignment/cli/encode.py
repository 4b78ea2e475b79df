"""`alignment encode`: vectors of the deployed model."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from alignment.cli.models import open_registry
from alignment.cli.options import DEFAULT_WORKSPACE, TrustRemoteCode, WorkspacePlace, writing_file
from alignment.cli.output import print_note, write_json_text
from alignment.errors import ConfigError, Malformed

if TYPE_CHECKING:
    import numpy as np

    from alignment.encoder.encoder import Encoder

OUTPUT_HINT = "Give --output a file in a directory that exists and has space."
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
        str,
        typer.Option(
            metavar="VERSION", help="A version such as v2, champion, challenger, or previous."
        ),
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
    trust_remote_code: TrustRemoteCode = False,
    workspace: WorkspacePlace = DEFAULT_WORKSPACE,
) -> None:
    """Encode texts into unit vectors with the deployed model.

    Prints one JSON object per text: {"text": ..., "vector": ...}.

    [bold]Examples[/bold]

      alignment encode "Good morning" "Bore da"
      alignment encode --output vectors.npy < sentences.txt
      alignment encode --side target "Bore da"
    """
    # Mistakes show before torch is loaded, which takes seconds.
    path = open_registry(workspace, model).get(version).path
    if output is not None:
        with writing_file(output, "vectors", OUTPUT_HINT):
            output.parent.stat()
    texts = _arguments(texts) if texts else _lines_of_input()

    from alignment.encoder.device import fastest_device
    from alignment.encoder.directory import load_encoder

    encoder = load_encoder(path, device=fastest_device(), trust_remote_code=trust_remote_code)
    vectors = encoder.encode(texts, side=side or _only_side(encoder))
    if output is None:
        _print_vectors(texts, vectors)
    else:
        _save_vectors(output, vectors)


def _arguments(texts: list[str]) -> list[str]:
    for number, text in enumerate(texts, start=1):
        if any("\ud800" <= char <= "\udfff" for char in text):  # bytes that are not UTF-8
            raise _not_utf8(f"TEXT {number}")
    return texts


def _lines_of_input() -> list[str]:
    """The lines of standard input, which is UTF-8 whatever the locale says."""
    if sys.stdin is None:
        raise ConfigError(
            "standard input is closed", where="TEXT", hint="Pass the texts as arguments."
        )
    return decoded_lines(sys.stdin.buffer)


def decoded_lines(lines: Iterable[bytes]) -> list[str]:
    """Lines of UTF-8 without their ends and without a byte order mark.

    Raises:
        Malformed: with the number of the first line that is not UTF-8.
    """
    texts = []
    for number, line in enumerate(lines, start=1):
        try:
            text = line.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            raise _not_utf8(f"standard input:{number}") from error
        texts.append(text.rstrip("\r\n"))
    return texts


def _not_utf8(where: str) -> Malformed:
    return Malformed(
        "the text is not UTF-8",
        where=where,
        hint="Convert it first, for example with `iconv -f latin1 -t utf-8`.",
    )


def _only_side(encoder: Encoder) -> Literal["source"]:
    """The side of a model whose two prompts are the same.

    Raises:
        ConfigError: if they differ, so that the caller has to choose.
    """
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
        write_json_text({"text": text, "vector": rounded})


def _save_vectors(path: Path, vectors: np.ndarray) -> None:
    from alignment.arrays import save_array

    with writing_file(path, "vectors", OUTPUT_HINT):
        save_array(path, vectors)
    print_note(f"{path}: {vectors.shape[0]} x {vectors.shape[1]} float32")
