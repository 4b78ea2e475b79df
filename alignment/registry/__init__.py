"""Published versions of a model, and the aliases that name the deployed and other ones."""

from alignment.registry.aliases import Aliases
from alignment.registry.approval import approve, decline, declined
from alignment.registry.backend import Damage
from alignment.registry.cleanup import Rules, collect_versions, plan_cleanup
from alignment.registry.compare import compare_versions
from alignment.registry.opening import model_names, open_registry
from alignment.registry.pinned import open_version
from alignment.registry.registry import Registry
from alignment.registry.repair import find_damage, repair
from alignment.registry.version import Version
from alignment.types import Decision, Override

__all__ = [
    "Aliases",
    "Damage",
    "Decision",
    "Override",
    "Registry",
    "Rules",
    "Version",
    "approve",
    "collect_versions",
    "compare_versions",
    "decline",
    "declined",
    "find_damage",
    "model_names",
    "open_registry",
    "open_version",
    "plan_cleanup",
    "repair",
]
