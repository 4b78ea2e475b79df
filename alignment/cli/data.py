"""Commands about data: sources, the lockfile, what filters do, languages."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from alignment.cli.compare import compare
from alignment.cli.options import (
    DEFAULT_WORKSPACE,
    ConfigFile,
    Offline,
    Overrides,
    WorkspaceDir,
    language_code,
    open_workspace,
)
from alignment.cli.triplets import triplets_app

if TYPE_CHECKING:
    from alignment.pipeline.explain import Explained
    from alignment.pipeline.explore import Suggestion

languages_app = typer.Typer(
    no_args_is_help=True,
    help="Languages: list what there is for them, add one, see which are worth it.",
)
Code = Annotated[str, typer.Argument(help="A BCP-47 code: cy, pt-BR, sr-Latn.", show_default=False)]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(languages_app, name="languages")
    app.add_typer(triplets_app, name="triplets")
    app.command()(compare)
    app.command()(sources)
    app.command()(lock)
    app.command()(clean)


def sources() -> None:
    """List the kinds of corpora, with an example of each for the YAML."""
    from rich.table import Table

    from alignment.cli.console import console
    from alignment.corpora import KINDS

    table = Table(
        title="kinds of corpora", title_justify="left", title_style="bold", show_lines=True
    )
    table.add_column("kind", no_wrap=True)
    table.add_column("what")
    table.add_column("example")
    for name, kind in KINDS.items():
        table.add_row(name, (kind.settings.__doc__ or "").strip().split("\n")[0], kind.example)
    console.print(table)


def lock(
    config: ConfigFile,
    overrides: Overrides = None,
    workspace: WorkspaceDir = DEFAULT_WORKSPACE,
    update: Annotated[
        bool,
        typer.Option("--update", help="Fetch again, accept other bytes, and say what changed."),
    ] = False,
) -> None:
    """Fetch every corpus and write what came into the lockfile, which you commit.

    A later run that gets other bytes stops with ChecksumMismatch.
    """
    from alignment.cli.console import console, progress
    from alignment.config import load_config
    from alignment.corpora import check_licenses, open_source
    from alignment.pipeline.corpora import every_corpus

    loaded = load_config(config, overrides or [])
    check_licenses(every_corpus(loaded), loaded.licenses)
    downloads = open_workspace(workspace).downloads(loaded, update=update)
    before = len(downloads.lock.entries())
    with progress(downloads):
        for code in loaded.measured:
            for corpus in loaded.settings(code).corpora:
                open_source(corpus, downloads, loaded.pivot).inputs(code)
        for corpus in every_corpus(loaded):
            if corpus not in loaded.prebuilt_triplets:
                open_source(corpus, downloads, loaded.pivot).languages()
    for old, new in downloads.lock.changed:
        console.print(
            f"changed  {old.url}\n  {old.date} {old.size:,} bytes {old.sha256[:12]} -> {new.size:,} bytes {new.sha256[:12]}"
        )
    entries = downloads.lock.entries()
    console.print(
        f"{downloads.lock.path}: {len(entries)} files, {sum(entry.size for entry in entries):,} bytes; "
        f"{len(entries) - before} new, {len(downloads.lock.changed)} changed",
        soft_wrap=True,
    )


def clean(
    config: ConfigFile,
    explain: Annotated[
        str | None,
        typer.Option(
            "--explain", metavar="CODE", help="Look at the scores of one language instead."
        ),
    ] = None,
    sample_rejects: Annotated[
        int, typer.Option(min=0, help="Print so many dropped pairs per reason.")
    ] = 0,
    overrides: Overrides = None,
    workspace: WorkspaceDir = DEFAULT_WORKSPACE,
) -> None:
    """Pull and clean all languages and show the ledger; with --explain what each filter does to one of them.

    --explain shows how each filter scores the pairs, what its threshold keeps, and what others would keep.

    [bold]Example:[/bold] alignment clean configs/quickstart.yaml --explain cy --sample-rejects 5
    """
    from alignment.config import load_config
    from alignment.errors import ConfigError
    from alignment.pipeline.explain import explain as look
    from alignment.stages.pull import pull

    loaded, space = load_config(config, overrides or []), open_workspace(workspace)
    if explain is None:
        from alignment.cli.console import ConsoleRunner, print_ledger
        from alignment.pipeline.data import clean_data

        print_ledger(clean_data(loaded, space, ConsoleRunner(loaded.train.steps)).cleaned)
        return
    code = language_code(explain)
    if code not in loaded.measured:
        raise ConfigError(
            f"{code} is not one of the configured languages: {', '.join(loaded.measured)}",
            where="--explain",
            hint=f"Add it: alignment languages add {code} --config {config}.",
        )
    settings = loaded.settings(code)
    pulled = pull(space.context(loaded), code, settings.corpora)
    _print_explained(
        look(pulled, settings.clean, loaded.pivot, code, examples=sample_rejects, seed=loaded.seed),
        code,
    )


def _print_explained(found: Explained, code: str) -> None:
    from rich.markup import escape
    from rich.table import Table

    from alignment.cli.console import console
    from alignment.languages import name

    table = Table(
        title=f"{name(code)}: {found.pairs:,} pairs, each filter alone",
        title_justify="left",
        title_style="bold",
    )
    for column in ("parameter", "threshold", "keeps", "5 %", "median", "95 %"):
        table.add_column(column, justify="left" if column == "parameter" else "right", no_wrap=True)
    for scores in found.scores:
        threshold = (
            "off" if scores.threshold is None else f"{scores.filter.sign} {scores.threshold:g}"
        )
        kept = "" if scores.kept is None else f"{100 * scores.kept:.1f} %"
        middle = [f"{scores.quantiles[i]:.3g}" if scores.quantiles else "" for i in (2, 4, 6)]
        table.add_row(scores.filter.parameter, threshold, kept, *middle)
    console.print(table)
    console.print("\n[bold]What is measured, and what other thresholds would keep[/bold]")
    for scores in found.scores:
        console.print(
            f"{scores.filter.parameter} [dim]{scores.filter.name}: {scores.filter.what}[/dim]",
            soft_wrap=True,
        )
        if scores.alternatives:
            others = "   ".join(
                f"{scores.filter.sign} {value:g}: {100 * share:.1f} %"
                for value, share in scores.alternatives
            )
            console.print(f"    {others}", highlight=False, soft_wrap=True)
    console.print(
        "\ndropped, in order: "
        + (", ".join(f"{reason} {count:,}" for reason, count in found.counts.items()) or "nothing")
    )
    for reason, pairs in found.rejects.items():
        if pairs:
            console.print(f"\n[bold]{reason}[/bold]")
        for source, target in pairs:
            console.print(
                f"  {escape(source)}\n  [dim]{escape(target)}[/dim]",
                soft_wrap=True,
                highlight=False,
            )


@languages_app.command("list")
def languages_list(
    config: ConfigFile,
    overrides: Overrides = None,
    workspace: WorkspaceDir = DEFAULT_WORKSPACE,
    offline: Offline = False,
) -> None:
    """List the configured languages and how many pairs each corpus has for them."""
    from alignment.cli.console import print_languages
    from alignment.config import load_config
    from alignment.stages.pull import pull

    loaded = load_config(config, overrides or [])
    space = open_workspace(workspace, offline=offline)
    context = space.context(loaded)
    pulled = {code: pull(context, code, loaded.settings(code).corpora) for code in loaded.measured}
    print_languages(loaded, pulled)


@languages_app.command("add")
def languages_add(
    code: Code,
    config: Annotated[Path, typer.Option("--config", help="The file to add it to.")] = Path(
        "configs/quickstart.yaml"
    ),
    discover: Annotated[
        bool,
        typer.Option("--discover", help="Ask the OPUS index for more, and take its corpora too."),
    ] = False,
    least: Annotated[int, typer.Option(help="Take OPUS corpora of at least so many pairs.")] = 1000,
    opus: Annotated[
        str, typer.Option(help="Where the OPUS index is asked.")
    ] = "https://opus.nlpl.eu/opusapi/",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the file instead of writing it.")
    ] = False,
    workspace: WorkspaceDir = DEFAULT_WORKSPACE,
) -> None:
    """Look through the corpora for a language, say what they have, and write its line into the YAML.

    [bold]Example:[/bold] alignment languages add eu --config configs/quickstart.yaml
    """
    from alignment.cli.console import console
    from alignment.config import load_config, parse_config
    from alignment.config.edit import with_language
    from alignment.corpora.opus import discover as ask
    from alignment.errors import ConfigError
    from alignment.files import write_atomically
    from alignment.languages import name
    from alignment.pipeline.explore import count_pairs

    code = language_code(code)
    loaded = load_config(config)
    downloads = open_workspace(workspace).downloads(loaded)
    found = count_pairs(loaded, downloads, code)
    more = (
        {
            key: value
            for key, value in ask(downloads, opus, loaded.pivot, code).items()
            if value[1] >= least
        }
        if discover
        else {}
    )
    for corpus, count in [
        *found.pairs.items(),
        *((f"OPUS {key} {version}", count) for key, (version, count) in more.items()),
    ]:
        console.print(f"  {corpus}: {count:,} pairs")
    if not found.total and not more:
        raise ConfigError(
            f"no configured corpus has {name(code)}",
            where=str(config),
            hint="Try --discover, or add a corpus that has it (alignment sources lists the kinds).",
        )
    comment = f"{name(code)}: {found.total + sum(count for _, count in more.values()):,} pairs before cleaning"
    own = [
        {"kind": "opus", "corpus": key, "version": version} for key, (version, _) in more.items()
    ]
    text = with_language(config.read_text(encoding="utf-8"), code, comment, own)
    parse_config(
        text, name=str(config), base=config.parent
    )  # nothing is written that could not be loaded
    if dry_run:
        console.print(text, soft_wrap=True, markup=False)
        return
    write_atomically(config, text)
    console.print(f"{config}: added {code} ({comment})")


@languages_app.command("suggest")
def languages_suggest(
    config: ConfigFile,
    sample: Annotated[
        int, typer.Option(min=20, help="Pairs that each language is measured on.")
    ] = 150,
    least: Annotated[int, typer.Option(min=1, help="Fewest usable pairs.")] = 300,
    workspace: WorkspaceDir = DEFAULT_WORKSPACE,
) -> None:
    """Rank the languages that could be added: by how weak the deployed model is on them and how much text there is."""
    from alignment.cli.console import console
    from alignment.config import load_config
    from alignment.pipeline.explore import suggest
    from alignment.stages.encoder import base_encoder

    loaded = load_config(config)
    space = open_workspace(workspace)
    champion = space.registry(loaded.name).champion()
    downloads = space.downloads(loaded)
    if champion is not None:
        encoder, label = champion.path, f"{loaded.name} {champion.name}"
    else:
        encoder = base_encoder(space.context(loaded), loaded.encoder, {}).path / "model"
        label = "the base encoder"
    with console.status("measuring") as status:
        found = suggest(
            loaded,
            downloads,
            encoder,
            sample=sample,
            min_pairs=least,
            on_language=lambda code: status.update(f"measuring {code}"),
        )
    _print_suggestions(found, label, sample)


def _print_suggestions(found: list[Suggestion], label: str, sample: int) -> None:
    from rich.table import Table

    from alignment.cli.console import console
    from alignment.languages import name

    title = f"worth adding, by {label}'s accuracy@1 on {sample} pairs of each and the text there is"
    table = Table(title=title, title_justify="left", title_style="bold")
    for column in ("code", "language", "usable pairs", "accuracy (%)", "rank value"):
        table.add_column(column, justify="left" if column in ("code", "language") else "right")
    for item in found:
        table.add_row(
            item.code,
            name(item.code),
            f"{item.pairs:,}",
            f"{100 * item.accuracy:.1f}",
            f"{item.gain:.2f}",
        )
    console.print(table)
