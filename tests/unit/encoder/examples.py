"""Small inputs for the tests of the encoder."""

from itertools import product

from alignment.config import ScratchEncoder
from alignment.encoder.encoder import Encoder, Settings
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
    prefix="query: ",
    max_tokens=32,
)


def small_encoder() -> Encoder:
    prefixed = [f"query: {text}" for text in TEXTS]
    model, tokenizer = scratch_encoder(prefixed, CONFIG, seed=3)
    return Encoder(model, tokenizer, Settings("query: ", 32))
