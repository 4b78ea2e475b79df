"""Generates pages of the documentation site from the code: configuration, commands, API.

mkdocs calls `on_files` before it renders. Nothing generated is written into `docs/`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

import alignment
from alignment.cli.app import app
from alignment.config import Config

ROOT = Path(__file__).parent.parent
REPOSITORY = "https://github.com/crosslingual-alignment/alignment/blob/main"


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the generated pages."""
    pages = {
        "reference/configuration.md": configuration_page(),
        "reference/cli.md": cli_page(),
        "reference/api.md": api_page(),
        "contributing.md": project_page("CONTRIBUTING.md"),
        "changelog.md": project_page("CHANGELOG.md"),
        "decisions/index.md": decisions_page(),
    }
    for path, text in pages.items():
        files.append(File.generated(config, path, content=text))
    return files


def configuration_page() -> str:
    """One table per section of the YAML, from the JSON Schema."""
    schema = Config.model_json_schema()
    lines = [
        "# Configuration",
        "",
        "One YAML file describes a pipeline. `alignment config check FILE` reports every mistake",
        "with its line, and `alignment schema` prints the JSON Schema that editors complete from.",
        "This page is generated from it.",
        "",
        "`null` switches a limit off where the type allows it. A language overrides `clean`,",
        "`triplets` and `gate` under its own key; see",
        "[Add a language](../how-to/add-a-language.md).",
        "",
    ]
    lines += _section("Top level", "", schema)
    for name, definition in schema["$defs"].items():
        if not name.endswith("Override") and definition.get("type") == "object":
            lines += _section(name, definition.get("description", ""), definition)
    return "\n".join(lines) + "\n"


def _section(title: str, description: str, schema: dict[str, Any]) -> Iterator[str]:
    yield f"## {title}"
    yield ""
    if description:
        yield from (description, "")
    yield "| key | type | default | meaning |"
    yield "|---|---|---|---|"
    required = schema.get("required", ())
    for key, field in schema.get("properties", {}).items():
        default = "required" if key in required else _default(field)
        meaning = _cell(field.get("description", ""))
        yield f"| `{key}` | {_cell(_type(field))} | {default} | {meaning} |"
    yield ""


def _default(field: dict[str, Any]) -> str:
    default = field.get("default")
    if isinstance(default, dict) or (isinstance(default, list) and len(default) > 3):
        return "see its section" if isinstance(default, dict) else "all"
    words = {None: "null", True: "true", False: "false"}
    text = words[default] if default is None or isinstance(default, bool) else str(default)
    return f"`{text}`" if text else ""


def _type(field: dict[str, Any]) -> str:
    if "$ref" in field:
        name = field["$ref"].rsplit("/", 1)[-1]
        return f"[{name}](#{name.lower()})" if not name.endswith("Override") else name
    if "enum" in field:
        return ", ".join(f"`{value}`" for value in field["enum"])
    if "const" in field:
        return f"`{field['const']}`"
    for union in ("anyOf", "oneOf"):
        if union in field:
            return " or ".join(_type(member) for member in field[union])
    if field.get("type") == "array":
        return f"list of {_type(field.get('items', {}))}"
    if field.get("type") == "object" and isinstance(field.get("additionalProperties"), dict):
        return f"mapping to {_type(field['additionalProperties'])}"
    return f"{field.get('type', 'any')}{_range(field)}"


def _range(field: dict[str, Any]) -> str:
    bounds = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}
    parts = [f"{sign} {field[name]:g}" for name, sign in bounds.items() if name in field]
    return f" ({', '.join(parts)})" if parts else ""


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def cli_page() -> str:
    """Every command with its options, as `--help` shows them."""
    lines = [
        "# Command line",
        "",
        "`alignment COMMAND --help` shows the same. Exit codes: 0 done, 1 failed, 2 bad",
        "configuration or arguments, 3 the gate rejected the model.",
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
    rows = []
    for parameter in command.params:
        rows.append(f"| `{_usage(parameter)}` | {_cell(_plain(parameter.help or ''))} |")
    if rows:
        yield "| argument or option | meaning |"
        yield "|---|---|"
        yield from rows
        yield ""


def _usage(parameter: Any) -> str:
    """`CONFIG` for an argument, `--set KEY=VALUE` for an option."""
    metavar = parameter.metavar or ""
    if parameter.param_type_name == "argument":
        return metavar or parameter.name.upper()
    names = ", ".join([*parameter.opts, *parameter.secondary_opts])
    return f"{names} {metavar}".strip()


def _prose(text: str) -> str:
    """Help text as Markdown: examples that the terminal indents become a code block."""
    lines: list[str] = []
    in_code = False
    for line in _plain(text).strip().splitlines():
        is_code = line.startswith("  ") or (in_code and not line)
        if is_code and not in_code:
            lines.append("```sh")
        elif in_code and not is_code:
            lines += ["```", ""]
        in_code = is_code
        lines.append(line.removeprefix("  ") if is_code else line)
    if in_code:
        lines.append("```")
    return "\n".join(lines)


def _plain(text: str) -> str:
    """Without rich's markup, and with what Markdown would swallow escaped."""
    unmarked = re.sub(r"\[/?(?:bold|dim|italic|cyan|green|red|yellow)\]", "", text)
    return unmarked.replace("<", "&lt;").replace("\\[", "[")


def api_page() -> str:
    """Every public name, in the order of `__all__`."""
    lines = [
        "# Python API",
        "",
        "`import alignment` loads nothing heavy; each name is imported when it is first used.",
        "",
    ]
    for name in alignment.__all__:
        value = getattr(alignment, name)
        module = getattr(value, "__module__", None)
        if callable(value) and module:
            lines += [f"::: {module}.{value.__name__}", ""]
    return "\n".join(lines) + "\n"


def project_page(name: str) -> str:
    """A file of the repository's top level; its links lead to the site or to the repository."""
    text = (ROOT / name).read_text(encoding="utf-8")
    return re.sub(r"\]\((?!https?:|#)([^)]+)\)", _link, text)


def _link(match: re.Match[str]) -> str:
    target = match[1]
    if target.startswith("docs/") and target.endswith(".md"):
        return f"]({target.removeprefix('docs/')})"
    return f"]({REPOSITORY}/{target})"


def decisions_page() -> str:
    """A list of the decision records by their titles."""
    lines = ["# Decisions", "", "Choices that a newcomer would question, one page each.", ""]
    for path in sorted((ROOT / "docs" / "decisions").glob("0*.md")):
        title = path.read_text(encoding="utf-8").splitlines()[0].lstrip("# ")
        lines.append(f"- [{title}]({path.name})")
    return "\n".join(lines) + "\n"
