"""Published versions of a model, and the alias that says which one is deployed."""

from alignment.registry.directory import Registry, Version

__all__ = ["Registry", "Version"]
