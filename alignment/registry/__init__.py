"""Published versions of a model, and the alias that names the deployed one."""

from alignment.registry.directory import Registry, Version

__all__ = ["Registry", "Version"]
