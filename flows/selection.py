"""What the parameters of a run choose: languages to train, and the workspace."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from alignment.config import Config
from alignment.errors import ConfigError, Problem
from alignment.languages import canonical
from alignment.redaction import redacted

ROOTS = "ALIGNMENT_WORKSPACE_ROOTS"
"""Variable with the directories in which a run may work, separated as in PATH."""


def chosen_workspace(name: str) -> Path:
    """The workspace with this name: relative to the current directory, or absolute.

    Whoever can start a run from the UI could else write anywhere.

    Raises:
        ConfigError: if it is neither in the current directory, nor in `ALIGNMENT_WORKSPACE`, nor in
            one of `ALIGNMENT_WORKSPACE_ROOTS`.
    """
    roots = workspace_roots()
    path = Path(name).resolve()
    if not any(path.is_relative_to(root.resolve()) for root in roots):
        expected = " or ".join(str(root.resolve()) for root in roots)
        problem = f"got {name!r}, expected a directory in {expected}"
        hint = f"Set {ROOTS} where the worker runs to allow more directories."
        raise ConfigError(problem, where="parameters: workspace", hint=hint)
    return path


def workspace_roots(home: Path | None = None) -> list[Path]:
    """The directories in which a run may work.

    Args:
        home: The first of them, by default the current directory, in which a worker starts runs.
    """
    roots = [home or Path.cwd()]
    if os.environ.get("ALIGNMENT_WORKSPACE"):
        roots.append(Path(os.environ["ALIGNMENT_WORKSPACE"]))
    return roots + [Path(root) for root in os.environ.get(ROOTS, "").split(os.pathsep) if root]


def allow_workspace(path: Path) -> None:
    """Let runs of this process work in a directory that its user has named."""
    allowed = os.environ.get(ROOTS, "")
    os.environ[ROOTS] = os.pathsep.join(part for part in (allowed, str(path.resolve())) if part)


def refuse_secrets(overrides: Sequence[str]) -> None:
    """Prefect stores the parameters of a run as they are.

    Raises:
        ConfigError: if one of them has a password or a token.
    """
    for override in overrides:
        if redacted(override) != override:
            raise ConfigError(
                "Prefect would store this password or token",
                where=f"--set {override}",
                hint="Write it as a reference to an environment variable: ${NAME}.",
            )


def train_only(config: Config, languages: Sequence[str]) -> Config:
    """The configuration with only these languages to train; the others become controls.

    Raises:
        ConfigError: if one of them is not among the trained languages.
    """
    chosen = set()
    problems = []
    for code in languages:
        spelling = _configured_spelling(config, code.strip())
        if spelling is None:
            message = f"got {code!r}, expected one of: {', '.join(config.trained)}"
            problems.append(Problem("parameters", "languages", message))
        else:
            chosen.add(spelling)
    if problems:
        raise ConfigError(problems)
    trained = {code: config.languages[code] for code in config.languages if code in chosen}
    control = {code: config.languages[code] for code in config.languages if code not in chosen}
    return config.model_copy(
        update={"languages": trained, "control": {**config.control, **control}}
    )


def _configured_spelling(config: Config, code: str) -> str | None:
    """The code as the configuration has it; None if it is not there."""
    if code in config.languages:
        return code
    try:
        spelling = canonical(code)
    except ValueError:
        return None
    return spelling if spelling in config.languages else None
