"""What the parameters of a run choose: languages to train, and the workspace."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

from alignment.config import Config
from alignment.config.registry import is_bucket
from alignment.config.workspace import cache_directory
from alignment.errors import ConfigError, Problem
from alignment.languages import canonical
from alignment.pipeline.workspace import Workspace, configured_place, open_workspace
from alignment.redaction import redacted
from alignment.store.remote.place import parsed_place

ROOTS = "ALIGNMENT_WORKSPACE_ROOTS"
"""Variable with the directories and addresses in which a run may work, separated as in PATH."""
DEFAULT_WORKSPACE = "workspace"
"""The parameter's default."""


def run_workspace(name: str, config: Config, *, fresh: bool = False) -> Workspace:
    """The workspace of a run: what its parameter names, or else what its configuration says.

    Args:
        name: The parameter; its default leaves the choice to the configuration.
        config: The configuration of the run.
        fresh: Build every artifact once more.

    Raises:
        ConfigError: see `chosen_workspace`, and if the place cannot be used.
        Unavailable: if an object store does not answer.
    """
    if name == DEFAULT_WORKSPACE and config.workspace is not None:
        return open_workspace(configured_place(config.workspace), fresh=fresh)
    if parsed_place(name) is None:
        return open_workspace(chosen_workspace(name), fresh=fresh)
    return open_workspace(chosen_address(name), fresh=fresh)


def chosen_address(address: str) -> str:
    """The address of a workspace that several machines share.

    Raises:
        ConfigError: if it is not below an address in `ALIGNMENT_WORKSPACE` or
            `ALIGNMENT_WORKSPACE_ROOTS`.
    """
    roots = [root.rstrip("/") for root in _named_roots() if is_bucket(root)]
    if not any(f"{address}/".startswith(f"{root}/") for root in roots):
        expected = " or ".join(roots) or "a directory, because no address is allowed"
        raise ConfigError(
            f"got {address!r}, expected {expected}",
            where="parameters: workspace",
            hint=f"Set {ROOTS} where the worker runs to allow more addresses.",
        )
    return address


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
    for root in _named_roots():
        shared = parsed_place(root)
        roots.append(Path(root) if shared is None else cache_directory(shared))
    return roots


def allow_workspace(place: str) -> None:
    """Let runs of this process work in a place that its user has named."""
    allowed = os.environ.get(ROOTS, "")
    named = place if is_bucket(place) else str(Path(place).resolve())
    os.environ[ROOTS] = os.pathsep.join(part for part in (allowed, named) if part)


def _named_roots() -> list[str]:
    """The directories and addresses of the environment. `://` does not end one."""
    separated = re.split(rf"{re.escape(os.pathsep)}(?!//)", os.environ.get(ROOTS, ""))
    return [root for root in (os.environ.get("ALIGNMENT_WORKSPACE", ""), *separated) if root]


def refuse_secrets(overrides: Sequence[str]) -> None:
    """Prefect stores the parameters of a run as they are.

    Raises:
        ConfigError: if one of them has a password or a token, or chooses the workspace, for which
            there is a parameter that is checked.
    """
    for override in overrides:
        if override.partition("=")[0].strip() == "workspace":
            raise ConfigError(
                "the workspace of a run is a parameter of its own",
                where=f"--set {override}",
                hint="Set the parameter `workspace`, or pass --workspace.",
            )
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
