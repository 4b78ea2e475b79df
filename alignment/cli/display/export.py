"""What `alignment registry export` prints."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import JustifyMethod

from alignment.cli.display.console import (
    add_row,
    console,
    new_table,
    percent,
    say,
    shows_progress,
    styled,
)

if TYPE_CHECKING:
    from alignment.pipeline.export import Export


@contextmanager
def exporting() -> Iterator[Callable[[str], None]]:
    """Shows what is being done on a terminal, and nothing elsewhere."""
    if not shows_progress():
        yield lambda _: None
        return
    with console.status(styled("exporting")) as status:
        yield lambda step: status.update(styled(step))


def print_export(result: Export) -> None:
    """Accuracy by suite and language, and how near the vectors are."""
    has_int8 = result.format == "onnx-int8"
    columns: dict[str, JustifyMethod] = {"suite": "left", "language": "left"}
    columns |= {"pairs": "right", "torch": "right"}
    columns["ONNX"] = "right"
    if has_int8:
        columns["int8"] = "right"
    table = new_table(f"{result.model}: acc@1 in %", {**columns, "change": "right"})
    for score in result.scores:
        cells = [score.suite, score.language, str(score.pairs), percent(score.torch)]
        cells.append(percent(score.fp32))
        if score.int8 is not None:
            cells.append(percent(score.int8))
        change = f"{-100 * score.loss:+.1f}"
        add_row(table, *cells, (change, "bold red" if score in result.refused else ""))
    console.print(table)
    say(
        f"lowest cosine of torch and float32 ONNX {result.lowest_cosine:.7f}; "
        f"{result.bytes / 2**20:,.0f} MiB, the encoder's weights {result.torch_bytes / 2**20:,.0f} "
        "MiB."
    )
