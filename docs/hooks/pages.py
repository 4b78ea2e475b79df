"""Generates pages of the documentation site from the code: configuration, commands, API.

mkdocs calls `on_files` before it renders. Nothing generated is written into `docs/`.
"""

from __future__ import annotations

import re
from pathlib import Path

from api_page import api_page
from cli_page import cli_page
from configuration_page import configuration_page
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parents[2]
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
