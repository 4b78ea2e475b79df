"""Which version a rollback goes back to."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from alignment.errors import Corrupt, Missing
from alignment.registry.refusals import not_deployed, nothing_earlier
from alignment.registry.version import Version

if TYPE_CHECKING:
    from alignment.registry.registry import Registry


def version_before(registry: Registry, to: str | None, report: Callable[[str], None]) -> Version:
    """The version that was deployed before the present one, or the version `to`, verified.

    Args:
        registry: The versions and their history.
        to: A version that was deployed earlier; None takes the latest one that is whole.
        report: Called with a sentence about each damaged version that is left out.

    Raises:
        Missing: if there was none, or `to` was not deployed earlier.
        Corrupt: if `to` is damaged.
    """
    earlier = registry.deployments().earlier()
    if to is not None and to not in earlier:
        raise not_deployed(registry.name, to, earlier, registry.where)
    for name in [to] if to else earlier:
        try:
            version = registry.get(name)
            version.verify()
        except (Corrupt, Missing) as error:
            if to is not None:
                raise
            report(f"{error.where}: {error.message}; {name} is left out")
            continue
        return version
    raise nothing_earlier(registry.name, registry.where)
