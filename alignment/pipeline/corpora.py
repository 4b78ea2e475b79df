"""Which corpora a configuration uses, and how."""

from __future__ import annotations

from alignment.config import Config, Corpus, is_disabled
from alignment.corpora import corpus_name
from alignment.triplets.build import CorpusUsage


def every_corpus(config: Config) -> list[Corpus]:
    """The corpora of all languages and the suites, those that are switched on."""
    own = [corpus for code in config.measured for corpus in config.settings(code).corpora]
    suites = [corpus for corpus in config.holdout.suites.values() if not is_disabled(corpus)]
    return list(dict.fromkeys([*own, *suites, *config.prebuilt_triplets]))


def corpus_uses(config: Config) -> dict[str, CorpusUsage]:
    """Weight and direction by name of the corpus, those that differ from the usual."""
    every = {
        corpus_name(corpus): CorpusUsage(corpus.weight, corpus.direction) for corpus in every_corpus(config)
    }
    return {name: use for name, use in every.items() if use != CorpusUsage()}


def described(config: Config) -> dict[str, tuple[str, str]]:
    every = [corpus for code in config.measured for corpus in config.settings(code).corpora]
    return {corpus_name(corpus): (corpus.version or "", corpus.license) for corpus in every}
