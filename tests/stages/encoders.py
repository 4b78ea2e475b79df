"""Encoders for tests of single stages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from alignment import layout
from alignment.files import tree_digests
from alignment.types import Artifact
from tests.unit.encoder.toys import save_toy, toy_tokenizer, xlmr


def toy_encoder(path: Path, **settings: Any) -> Artifact:
    """An artifact of `encoder` with an encoder of some words."""
    tokenizer = toy_tokenizer()
    save_toy(path / layout.MODEL, xlmr(len(tokenizer), **settings), tokenizer)
    return Artifact("encoder", "", "", path, tree_digests(path), {}, 0.0, "x")
