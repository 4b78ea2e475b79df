"""How reports call a corpus."""

from __future__ import annotations

from pathlib import PurePosixPath

from alignment.config import (
    Corpus,
    GettextCorpus,
    HubCorpus,
    LocalCorpus,
    MtdataCorpus,
    OpusCorpus,
    PrebuiltTripletsCorpus,
    SacrebleuCorpus,
)


def corpus_name(corpus: Corpus) -> str:
    """The configured name, or one made from what identifies it."""
    if corpus.name:
        return corpus.name
    if isinstance(corpus, GettextCorpus):
        return corpus.package or corpus.installed or str(corpus.path and corpus.path.name)
    if isinstance(corpus, LocalCorpus | PrebuiltTripletsCorpus):
        place = PurePosixPath(str(corpus.path or getattr(corpus, "url", None) or "off")).name
        return place.replace("{lang}", "").split(".")[0].strip("-_*") or "local"
    if isinstance(corpus, HubCorpus | MtdataCorpus):
        return corpus.dataset
    if isinstance(corpus, OpusCorpus):
        return f"OPUS-{corpus.corpus}"
    return corpus.test_set if isinstance(corpus, SacrebleuCorpus) else "tatoeba"
