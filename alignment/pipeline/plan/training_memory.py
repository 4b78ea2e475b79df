"""How much memory a training takes, from its settings and the size of the encoder."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass

from alignment.config import Train
from alignment.pipeline.plan.encoder_shape import EncoderShape

MIB = 2**20
PROCESS_BYTES = 450 * MIB
"""Python, torch and transformers before the first tensor."""
BYTES_PER_WEIGHT = 4
"""Weights are trained in float32, whatever they are computed and published in."""
BYTES_PER_TRAINED_WEIGHT = 16
"""The weight, its gradient and AdamW's two moments."""
REDUCED_VOCABULARY = 50_000
"""Tokens that a training keeps at most, about: those that its text has."""
CHUNK_TOKENS = 3072
"""Tokens whose activations exist at once with `train.gradient_cache`, on a CPU."""
ACTIVATION_BYTES = 68
"""Per token, layer and hidden unit in float32: Korthikanti et al. (2022), Reducing Activation
Recomputation in Large Transformer Models, have 34 in 16 bits, without the attention matrix."""
CHECKPOINT_BYTES = 4
"""The same with `train.gradient_checkpointing`: only the input of each layer stays."""
BYTES_PER_TRIPLET = 40
"""36 were measured with misspelled copies (docs/experiments.md, "Training data: 397 languages")."""
BYTES_PER_TRIPLET_OBJECT = 9000
LORA_PRODUCTS = 6
"""Weight matrices of a layer that get an adapter."""


@dataclass(frozen=True)
class TrainingMemory:
    """Bytes by what they are for."""

    process: int
    weights: int
    gradients_and_optimizer: int
    activations: int
    data: int

    @property
    def total(self) -> int:
        """All of them."""
        parts = (self.process, self.weights, self.gradients_and_optimizer, self.activations)
        return sum(parts) + self.data


def training_memory(
    shape: EncoderShape, train: Train, triplets: int, *, processes: int | None = None
) -> TrainingMemory:
    """An estimate for the processes of one machine, in float32: with bf16 activations take half.

    Every process loads the whole model; they share the sentences of a batch and, with
    `train.sharding`, gradients and optimizer states. It is about a tenth below the peaks that
    `make bench-train` measures.

    Args:
        shape: The size of the encoder.
        train: The settings of the training.
        triplets: Number of the triplets.
        processes: How many of the `train.workers` are on the machine; by default all.
    """
    processes = processes or train.workers
    trained = _trained_weights(shape, train)
    copies = 2 if train.distill_weight else 1  # distillation compares with the base encoder
    moments = BYTES_PER_TRAINED_WEIGHT - BYTES_PER_WEIGHT
    copies_of_state = float(processes)
    if train.sharding != "none":
        copies_of_state = processes / train.workers
    return TrainingMemory(
        process=processes * PROCESS_BYTES,
        weights=processes * copies * shape.parameters * BYTES_PER_WEIGHT,
        gradients_and_optimizer=int(copies_of_state * trained * moments),
        activations=_activations(shape, train),
        data=triplets * bytes_per_triplet(),
    )


def bytes_per_triplet() -> int:
    """Of the training data: columns on disk if this version tokenizes before it trains."""
    if importlib.util.find_spec("alignment.stages.tokenize") is not None:
        return BYTES_PER_TRIPLET
    return BYTES_PER_TRIPLET_OBJECT


def _trained_weights(shape: EncoderShape, train: Train) -> int:
    if "transformer" in train.freeze:
        return 0
    if train.lora_rank:
        return LORA_PRODUCTS * 2 * shape.hidden * train.lora_rank * shape.layers
    frozen_layers = sum(isinstance(name, int) for name in train.freeze)
    share = max(0, shape.layers - frozen_layers) / shape.layers
    weights = int(shape.layer_parameters * share)
    if "embeddings" not in train.freeze:
        weights += min(shape.vocabulary, REDUCED_VOCABULARY) * shape.hidden
    return weights


def _activations(shape: EncoderShape, train: Train) -> int:
    tokens = train.batch_tokens
    if train.gradient_cache:
        tokens = min(tokens, CHUNK_TOKENS)
    of_a_layer = tokens * shape.hidden * ACTIVATION_BYTES
    if train.gradient_checkpointing:
        return of_a_layer + tokens * shape.hidden * shape.layers * CHECKPOINT_BYTES
    return of_a_layer * shape.layers
