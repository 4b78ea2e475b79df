"""Which corpora a configuration uses, and how."""

from __future__ import annotations

from alignment.config import Config, Corpus
from alignment.corpora import tabular
from alignment.triplets.build import CorpusUsage


def every_corpus(config: Config) -> list[Corpus]:
    """The corpora of all languages, the suites and the prebuilt triplets, unless disabled."""
    corpora = language_corpora(config)
    corpora += config.holdout.every_suite
    corpora += config.prebuilt_triplets
    return list(dict.fromkeys(corpora))


def language_corpora(config: Config) -> list[Corpus]:
    """The corpora that the languages take their pairs from, some of them several times."""
    corpora: list[Corpus] = []
    for code in config.measured:
        corpora += config.settings(code).corpora
    return corpora


def corpus_uses(config: Config) -> dict[str, CorpusUsage]:
    """Weight and direction by corpus, where they differ from the default."""
    uses = {}
    for corpus in every_corpus(config):
        use = CorpusUsage(corpus.weight, corpus.direction)
        if use != CorpusUsage():
            uses[corpus.display_name] = use
    return uses


def check_prebuilt(config: Config) -> None:
    """Refuse files of prebuilt triplets that lack a column, before any work is done.

    Raises:
        ConfigError: with the columns that the file has.
    """
    for corpus in config.prebuilt_triplets:
        columns = corpus.columns.model_dump()
        tabular.check_columns(corpus.path, list(columns.values()), tuple(columns))
