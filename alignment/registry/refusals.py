"""Why a version is not deployed: the errors of publishing, promoting and rolling back."""

from __future__ import annotations

from collections.abc import Sequence

from alignment.errors import AliasConflict, Missing, NotApproved
from alignment.registry.version import Version


def check_expected(champion: Version | None, expected: str | None, where: str) -> None:
    """Whether the champion is still the one that the candidate was compared with.

    `expected` is its digest; None if there was none.

    Raises:
        AliasConflict: if it is not.
    """
    digest = champion.digest if champion is not None else None
    if digest == expected:
        return
    name = champion.name if champion is not None else "none"
    raise AliasConflict(
        f"the champion changed to {name} while this run was in progress",
        where=where,
        hint="Run again: the candidate is then compared with the present champion.",
    )


def alias_conflict(where: str, champion: str | None) -> AliasConflict:
    """Somebody else has moved an alias while this process was about to move it."""
    return AliasConflict(
        f"the champion changed to {champion or 'none'} while this command was in progress",
        where=where,
        hint="This command has deployed nothing. Look at `alignment registry list`, and repeat "
        "the command if it is still right.",
    )


def not_approved(model: str, version: Version) -> NotApproved:
    """The gate did not approve the version, and nobody has overridden it."""
    return NotApproved(
        f"the gate did not approve {version.name}",
        where=version.where,
        hint="To deploy it nevertheless, say why and who decides: `alignment registry promote "
        f'{model} {version.name} --override --reason "..." --by NAME`. It is recorded for ever.',
    )


def not_deployed(model: str, name: str, earlier: Sequence[str], where: str) -> Missing:
    """A rollback to what was not deployed earlier."""
    hint = f"Earlier deployments: {', '.join(earlier) or 'none'}."
    return Missing(
        f"{name} is not an earlier deployment",
        where=where,
        hint=f"{hint} `alignment registry promote {model} {name}` deploys any version.",
    )


def nothing_earlier(model: str, where: str) -> Missing:
    """A rollback without an earlier deployment."""
    return Missing(
        "there is no earlier deployment to go back to",
        where=where,
        hint=f"`alignment registry list {model}` shows the versions; "
        f"`alignment registry promote {model} vN` deploys one.",
    )
