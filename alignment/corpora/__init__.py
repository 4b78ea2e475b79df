"""Where sentence pairs come from: one module per kind of source, one protocol, one registry."""

from alignment.corpora.source import Source, corpus_name, open_source

__all__ = ["Source", "corpus_name", "open_source"]
