"""Published versions of a model, and the alias that names the deployed one."""

from alignment.registry.directory import Registry, Version
from alignment.registry.pinned import open_version

__all__ = ["Registry", "Version", "open_version"]
