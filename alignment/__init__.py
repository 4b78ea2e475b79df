"""Cross-lingual alignment: corpora to triplets, training, retrieval measurement and a gate."""

__version__ = "0.1.0"
