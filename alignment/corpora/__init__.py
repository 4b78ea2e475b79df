"""Where sentence pairs come from: one module per kind of source, one protocol, one registry."""

from alignment.corpora.licenses import check_licenses
from alignment.corpora.read import read_pairs
from alignment.corpora.source import SOURCES, Source, open_source

__all__ = ["SOURCES", "Source", "check_licenses", "open_source", "read_pairs"]
