"""Vectors of a language's sentences on disk, for every stage that compares texts.

No torch: a stage that only reads vectors never loads it.
"""

from alignment.vectors.distinct import DistinctTexts, distinct_texts
from alignment.vectors.pairs import PairVectors, pair_vectors, read_kept
from alignment.vectors.shards import SHARD_ROWS, VectorShards, shard_name, write_shard

__all__ = [
    "SHARD_ROWS",
    "DistinctTexts",
    "PairVectors",
    "VectorShards",
    "distinct_texts",
    "pair_vectors",
    "read_kept",
    "shard_name",
    "write_shard",
]
