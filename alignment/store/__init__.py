"""Content-addressed artifacts: building, finding, checking and deleting them."""

from alignment.store.artifacts import load_artifact, read_artifact_manifest, verify
from alignment.store.cleanup import collect, verify_all
from alignment.store.keys import artifact_key
from alignment.store.reasons import differences
from alignment.store.store import Store

__all__ = [
    "Store",
    "artifact_key",
    "collect",
    "differences",
    "load_artifact",
    "read_artifact_manifest",
    "verify",
    "verify_all",
]
