"""The reference of the commands, from their help texts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import typer
from markdown_table import cell

from alignment.cli.app import app


def cli_page() -> str:
    """Every command with its options, as `--help` shows them."""
    lines = [
        "# Command line",
        "",
        "`alignment COMMAND --help` shows the same. Exit codes: 0 done, 1 failed, 2 bad",
        "configuration or arguments, 3 the gate rejected the model, 4 the gate approved it and a",
        "person must approve it as well.",
        "",
    ]
    command = typer.main.get_command(app)
    for path, leaf in _leaves(command, "alignment"):
        lines += _command(path, leaf)
    return "\n".join(lines) + "\n"


def _leaves(command: Any, path: str) -> Iterator[tuple[str, Any]]:
    children = getattr(command, "commands", None)
    if children is None:
        yield path, command
        return
    for name, child in children.items():
        yield from _leaves(child, f"{path} {name}")


def _command(path: str, command: Any) -> Iterator[str]:
    yield f"## `{path}`"
    yield ""
    yield _prose(command.help or "")
    yield ""
    yield "| argument or option | meaning |"
    yield "|---|---|"
    for parameter in command.params:
        meaning = cell(_escaped(_unmarked(parameter.help or "")) + _option_default(parameter))
        yield f"| `{_usage(parameter)}` | {meaning} |"
    yield ""


def _usage(parameter: Any) -> str:
    """`CONFIG` for an argument, `--set KEY=VALUE` for an option."""
    metavar = parameter.metavar or ""
    if parameter.param_type_name == "argument":
        return metavar or parameter.name.upper()
    names = ", ".join([*parameter.opts, *parameter.secondary_opts])
    return f"{names} {metavar}".strip()


def _option_default(parameter: Any) -> str:
    default = parameter.default
    if not parameter.show_default or default in (None, False) or callable(default):
        return ""
    return f" Default: `{getattr(default, 'value', default)}`."


def _prose(text: str) -> str:
    """Help text as Markdown: what the terminal indents becomes a code block."""
    lines: list[str] = []
    in_code = False
    for line in text.strip().splitlines():
        is_code = line.startswith("  ") or (in_code and not line)
        if is_code and not in_code:
            lines += ["", "```sh"]
        elif in_code and not is_code:
            lines += ["```", ""]
        in_code = is_code
        if is_code:
            lines.append(_unmarked(line.removeprefix("  ")))
        else:
            lines.append(_escaped(_unmarked(line.replace("[bold]", "**").replace("[/bold]", "**"))))
    if in_code:
        lines.append("```")
    return "\n".join(lines)


def _unmarked(text: str) -> str:
    """Without rich's markup."""
    return re.sub(r"\[/?(?:bold|dim|italic|cyan|green|red|yellow)\]", "", text).replace("\\[", "[")


def _escaped(text: str) -> str:
    return text.replace("<", "&lt;")
