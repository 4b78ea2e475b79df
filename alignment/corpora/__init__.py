"""Where sentence pairs come from: one module per kind of source, one protocol, one registry."""

from alignment.corpora.licenses import check_licenses
from alignment.corpora.names import corpus_name
from alignment.corpora.read import read_pairs
from alignment.corpora.source import KINDS, Source, open_source

__all__ = ["KINDS", "Source", "check_licenses", "corpus_name", "open_source", "read_pairs"]
