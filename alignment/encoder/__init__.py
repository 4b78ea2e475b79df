"""Encoders: bring one in, encode text with it, and save it for others to load."""

import os

# oneDNN keeps a compiled kernel with its scratch memory for each shape of matrix, a thousand of them
# by default. Batches of texts have ever new shapes: 24 training steps held 2.9 GB instead of 2.3, at
# the same speed. It reads these when torch first multiplies.
os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "16")
os.environ.setdefault("LRU_CACHE_CAPACITY", "16")
