"""`alignment search`: index a knowledge base, query it, and compare two models on a local page."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from alignment.cli.options import (
    DEFAULT_WORKSPACE,
    Offline,
    TrustRemoteCode,
    WorkspacePlace,
    open_workspace,
)
from alignment.cli.output import print_line, print_note, write_json_text
from alignment.errors import ConfigError, Malformed

if TYPE_CHECKING:
    from alignment.pipeline.search import Models
    from alignment.search import Match

PORT = 8600

search_app = typer.Typer(
    no_args_is_help=True,
    help="""Search a knowledge base in any language with a model.

    [bold]Examples[/bold]

      alignment search index help.jsonl --model quickstart@v3 --out help.index
      alignment search query help.index "Sut mae newid fy nghyfrinair?"
      alignment search serve help.index --against quickstart@v4
    """,
)

IndexDirectory = Annotated[
    Path,
    typer.Argument(
        metavar="INDEX",
        help="What `alignment search index` wrote.",
        show_default=False,
    ),
]
ModelOverride = Annotated[
    str | None,
    typer.Option(
        "--model",
        metavar="MODEL",
        help="Where the model of the index is now. Default: where it was.",
        show_default=False,
    ),
]


def _column(name: str, what: str, usual: str) -> Any:
    return typer.Option(
        f"--{name}-column",
        metavar="COLUMN",
        help=f"Column or field of the {what}. Default: {usual}.",
        show_default=False,
    )


@search_app.command("index")
def index(
    documents: Annotated[
        Path,
        typer.Argument(
            metavar="DOCS",
            help="The documents: JSONL, TSV, CSV or Parquet, or plain text with one a line. May "
            "be compressed.",
            show_default=False,
        ),
    ],
    model: Annotated[
        str,
        typer.Option(
            "--model",
            metavar="MODEL",
            help="A published version such as quickstart@champion, a directory, or a model of the "
            "Hugging Face Hub with its commit: NAME/MODEL@<40 hex digits>.",
            show_default=False,
        ),
    ],
    out: Annotated[
        Path,
        typer.Option("--out", metavar="INDEX", help="The directory to write.", show_default=False),
    ],
    text_column: Annotated[str | None, _column("text", "text", "text")] = None,
    id_column: Annotated[
        str | None, _column("id", "id", "id or _id, or else the number of the line")
    ] = None,
    title_column: Annotated[str | None, _column("title", "title", "title, if there is one")] = None,
    language_column: Annotated[
        str | None, _column("language", "language code", "language or lang, if there is one")
    ] = None,
    method: Annotated[
        Literal["auto", "exact", "hnsw"],
        typer.Option(
            help="How queries are answered: exact compares with every document; hnsw is faster "
            "and approximate, and needs faiss. auto: hnsw from 100,000 documents."
        ),
    ] = "auto",
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace an index that is there.")
    ] = False,
    trust_remote_code: TrustRemoteCode = False,
    workspace: WorkspacePlace = DEFAULT_WORKSPACE,
    offline: Offline = False,
) -> None:
    r"""Encode documents with a model and write their index.

    A document has a text, and may have an id, a title and a language. Every line
    is checked before the first one is encoded. A build that was interrupted
    continues where it stopped.

    [bold]Examples[/bold]

      alignment search index help.jsonl --model quickstart@champion \
          --out help.index
      alignment search index faq.tsv --text-column answer --model models/mine \
          --out faq.index
    """
    from alignment.cli.display.search import encoding_bar
    from alignment.pipeline.documents import DocumentColumns, read_documents
    from alignment.pipeline.search import index_documents

    started = time.monotonic()
    columns = DocumentColumns(text_column, id_column, title_column, language_column)
    knowledge = read_documents(documents, columns)
    models = _models(workspace, offline=offline, trust_remote_code=trust_remote_code)
    with encoding_bar(documents.name) as on_block:
        built = index_documents(
            out, knowledge, models, model, method=method, replace=replace, on_block=on_block
        )
    how = "exact search" if built.manifest.method == "exact" else "HNSW (approximate search)"
    print_line(
        f"{out}: {len(built.documents):,} documents, {built.model.name}, {how}, "
        f"{time.monotonic() - started:.1f} s"
    )


@search_app.command("query")
def query(
    index_directory: IndexDirectory,
    text: Annotated[
        str,
        typer.Argument(
            metavar="TEXT", help="What to look for, in any language.", show_default=False
        ),
    ],
    k: Annotated[int, typer.Option("-k", metavar="N", help="How many documents to print.")] = 10,
    model: ModelOverride = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object per document.")
    ] = False,
    trust_remote_code: TrustRemoteCode = False,
    workspace: WorkspacePlace = DEFAULT_WORKSPACE,
    offline: Offline = False,
) -> None:
    """Print the documents that are nearest to a text, with their cosines.

    The text is encoded with the model of the index. Another model is refused.

    [bold]Examples[/bold]

      alignment search query help.index "Sut mae newid fy nghyfrinair?"
      alignment search query help.index "reset password" -k 3 --json
    """
    from alignment.cli.display.search import print_matches
    from alignment.pipeline.search import open_engine

    models = _models(workspace, offline=offline, trust_remote_code=trust_remote_code)
    engine = open_engine(index_directory, models, model)
    matches = engine.matches(_checked(text), k)
    if as_json:
        for match in matches:
            write_json_text(_as_json(match))
        return
    print_matches(matches, engine.index)


@search_app.command("serve")
def serve(
    index_directory: IndexDirectory,
    against: Annotated[
        str | None,
        typer.Option(
            metavar="INDEX|MODEL",
            help="Show the answers of another model side by side: an index of the same documents, "
            "or a model, which then encodes them first.",
            show_default=False,
        ),
    ] = None,
    model: ModelOverride = None,
    host: Annotated[
        str, typer.Option(metavar="ADDRESS", help="Where to listen; the default is this machine.")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(metavar="N", help="The port; 0 takes any that is free.")
    ] = PORT,
    trust_remote_code: TrustRemoteCode = False,
    workspace: WorkspacePlace = DEFAULT_WORKSPACE,
    offline: Offline = False,
) -> None:
    """Serve a page on this machine that searches the index; stop it with Ctrl-C.

    With --against, each query shows the answers of both models and which
    documents moved.

    [bold]Examples[/bold]

      alignment search serve help.index
      alignment search serve help.index --against quickstart@v4
      alignment search serve champion.index --against challenger.index --port 8700
    """
    from alignment.cli.display.search import encoding_bar
    from alignment.pipeline.search import open_challenger, open_engine
    from alignment.search.server import SearchServer, is_loopback

    with SearchServer(host, port) as server:  # a taken port is known before a model is loaded
        models = _models(workspace, offline=offline, trust_remote_code=trust_remote_code)
        engines = [open_engine(index_directory, models, model)]
        if against is not None:
            with encoding_bar(against) as on_block:
                engines.append(open_challenger(engines[0], against, models, on_block))
        server.engines = engines
        if not is_loopback(host):
            print_note("Everyone who can reach this machine can read the documents.")
        print_line(f"{server.url} (stop with Ctrl-C)")
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print_note("stopped")


def _models(workspace: str, *, offline: bool, trust_remote_code: bool) -> Models:
    from alignment.pipeline.search import Models

    return Models(open_workspace(workspace, offline=offline), trust_remote_code)


def _checked(text: str) -> str:
    """The text of a query.

    Raises:
        ConfigError: if it is empty.
        Malformed: if it is not UTF-8.
    """
    if not text.strip():
        raise ConfigError("the text is empty", where="TEXT", hint="Pass what to look for.")
    if any("\ud800" <= char <= "\udfff" for char in text):  # bytes that are not UTF-8
        raise Malformed("the text is not UTF-8", where="TEXT", hint="Use a UTF-8 terminal.")
    return text


def _as_json(match: Match) -> dict[str, Any]:
    document = {name: value for name, value in match.document._asdict().items() if value}
    return {"rank": match.rank, "score": round(match.score, 6), **document}
