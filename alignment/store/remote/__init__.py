"""Artifacts in an object store that several machines share, each with a copy of what it needs."""
