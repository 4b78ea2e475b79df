"""Catalog pairs for benchmarks: all languages of ten open-source packages, 1.3 million pairs.

They are downloaded with pip like any other corpus and kept in the cache directory. Never commit
them: some are GPL and serve for measuring only.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from alignment import languages, tables
from alignment.config import GettextCorpus
from alignment.corpora import open_source
from alignment.downloads import Downloads
from alignment.errors import AlignmentError
from alignment.pairs import pair_rows

PACKAGES = (
    ("django", "5.2.19", None),
    ("wagtail", "8.0.1", None),
    ("django-cms", "5.1.3", None),
    ("kolibri", "0.19.5", "kolibri/locale/{lang}/LC_MESSAGES/*.json"),
    ("apache-superset", "6.1.0", None),
    ("homeassistant", "2026.2.3", "**/translations/{lang}.json"),
    ("weblate", "2026.10.1", None),
    ("pretix", "2026.8.0", None),
    ("plone.app.locales", "7.0.4", None),
    ("gramps", "6.0.8", None),
)


def cache() -> Path:
    """Cache directory of the benchmarks: `ALIGNMENT_BENCHMARKS`, by default `.benchmarks`."""
    return Path(os.environ.get("ALIGNMENT_BENCHMARKS", ".benchmarks")).resolve()


def all_pairs() -> Path:
    """A Parquet file of all pairs in the schema of `pull`, written by the first call."""
    path = cache() / "catalogs.parquet"
    if not path.is_file():
        temporary = path.with_suffix(".part")
        tables.write_batches(temporary, tables.PAIRS, _batches())
        temporary.rename(path)
    return path


def _batches() -> Iterator[pa.RecordBatch]:
    for package, version, pattern in PACKAGES:
        corpus = GettextCorpus(kind="gettext", package=package, version=version, pattern=pattern)
        source = open_source(corpus, Downloads(cache()), "en")
        for code in sorted({tag for tag in map(canonical_or_empty, source.languages()) if tag}):
            try:
                yield from tables.in_batches(pair_rows(corpus, source, code, "en"), tables.PAIRS)
            except AlignmentError as error:
                print(f"skipped: {error}")


def canonical_or_empty(spelling: str) -> str:
    """Canonical tag of a language; "" for English and for what is no language."""
    try:
        tag = languages.canonical(spelling)
    except ValueError:
        return ""
    return "" if tag.split("-")[0] == "en" else tag
