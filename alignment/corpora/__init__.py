"""Where sentence pairs come from: one module per kind of source, one protocol, one registry."""

from alignment.corpora.fetch import Downloads
from alignment.corpora.licences import check_licences
from alignment.corpora.lockfile import Lockfile
from alignment.corpora.names import corpus_name
from alignment.corpora.source import KINDS, Source, open_source

__all__ = ["KINDS", "Downloads", "Lockfile", "Source", "check_licences", "corpus_name", "open_source"]
