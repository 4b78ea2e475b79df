"""Published versions of a model, and the alias that names the deployed one."""

from alignment.registry.directory import Registry
from alignment.registry.pinned import open_version
from alignment.registry.repair import Damage, find_damage, repair
from alignment.registry.version import Version
from alignment.types import Override

__all__ = ["Damage", "Override", "Registry", "Version", "find_damage", "open_version", "repair"]
