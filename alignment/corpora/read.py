"""Read the pairs of one corpus."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from alignment.config import Corpus
from alignment.corpora.source import open_source
from alignment.downloads import Downloads, Lockfile
from alignment.types import SentencePair


def read_pairs(
    corpus: Corpus | Mapping[str, Any],
    language: str,
    *,
    pivot: str = "en",
    downloads: Downloads | None = None,
) -> Iterator[SentencePair]:
    """The pairs of one language.

    >>> import alignment
    >>> from pathlib import Path
    >>> _ = Path("pairs.tsv").write_text("Good morning\\tBore da\\n")
    >>> corpus = {"kind": "local", "path": "pairs.tsv", "license": "CC0-1.0"}
    >>> list(alignment.read_pairs(corpus, "cy"))[0].target
    'Bore da'
    """
    settings: Corpus = TypeAdapter(Corpus).validate_python(corpus)
    store = downloads or Downloads(Path("downloads"), Lockfile(None), False)
    return open_source(settings, store, pivot).pairs(language)
