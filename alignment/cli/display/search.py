"""What `alignment search` prints."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from rich.progress import Progress, TextColumn, TimeElapsedColumn

from alignment.cli.display.console import add_row, console, new_table, say, shows_progress
from alignment.cli.display.progress import MAX_NAME
from alignment.printable import printable_line
from alignment.search import Match, SearchIndex

SHOWN = 300
"""Characters of a document in the table."""


@contextmanager
def encoding_bar(label: str) -> Iterator[Callable[[int], None]]:
    """Shows how many documents are encoded on a terminal, and nothing elsewhere."""
    if not shows_progress():
        yield lambda _: None
        return
    columns = [
        TextColumn("{task.description}", markup=False),
        TextColumn("{task.completed:,} documents", markup=False),
        TimeElapsedColumn(),
    ]
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(printable_line(label)[:MAX_NAME], total=None)
        yield lambda rows: bar.update(task, completed=rows)


def print_matches(matches: Sequence[Match], index: SearchIndex) -> None:
    """A table of documents, and how they were found."""
    has_languages = any(match.document.language for match in matches)
    table = new_table("", {"rank": "right", "score": "right"})
    if has_languages:
        table.add_column("language")
    table.add_column("id", overflow="fold", max_width=24)
    table.add_column("document", overflow="fold")
    for match in matches:
        document = match.document
        cells = [str(match.rank), f"{match.score:.4f}"]
        if has_languages:
            cells.append(document.language)
        add_row(table, *cells, document.id, _shortened(document.content))
    console.print(table)
    method = "exact search" if index.manifest.method == "exact" else "approximate search (HNSW)"
    say(
        f"{len(matches)} of {len(index.documents):,} documents by cosine, {method}, "
        f"{index.model.name}."
    )


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= SHOWN else f"{line[:SHOWN]} …"
