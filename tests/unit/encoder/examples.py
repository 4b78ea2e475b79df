"""Small inputs for the tests of the encoder."""

import tempfile
from itertools import product
from pathlib import Path

from alignment.config import ScratchEncoder
from alignment.encoder.container import new_container
from alignment.encoder.encoder import Encoder
from alignment.encoder.prompts import Prompts, choose_prompts
from alignment.encoder.scratch import scratch_encoder

TEXTS = [
    f"the {color} {thing} is {age}"
    for color, thing, age in product(
        ("red", "green"), ("house", "tree", "boat"), ("old", "new", "small")
    )
]
CONFIG = ScratchEncoder(
    source="scratch",
    vocab_size=120,
    hidden_size=32,
    num_layers=2,
    num_heads=4,
    max_tokens=32,
)


def small_encoder() -> Encoder:
    prefixed = [f"query: {text}" for text in TEXTS]
    with tempfile.TemporaryDirectory() as folder:
        container = new_container(*scratch_encoder(prefixed, CONFIG, seed=3), 32, Path(folder))
    choose_prompts(container, Prompts("query: ", "query: "))
    return Encoder(container)
