"""How many steps of an arm see as many tokens as those of another configuration."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import TYPE_CHECKING

from alignment import layout
from alignment.config import Config
from alignment.pipeline.data import TrainingData
from alignment.pipeline.runner import Runner
from alignment.pipeline.workspace import Workspace
from alignment.stages.tokenize import tokenize

if TYPE_CHECKING:
    from alignment.training.data import TripletData


def steps_for_budget(config: Config, triplets: TripletData, budget: int) -> tuple[int, int]:
    """The smallest number of steps that reaches the budget, and its tokens."""
    planned = max(1, config.train.steps)
    while True:
        totals = itertools.accumulate(tokens_per_batch(config, triplets, planned))
        for step, total in enumerate(totals, start=1):
            if total >= budget:
                return step, total
        planned *= 2


def tokens_per_batch(config: Config, triplets: TripletData, steps: int) -> Iterator[int]:
    """Tokens of the distinct sentences of each batch, without padding."""
    from alignment.training.batching import plan

    for batch in plan(triplets, config.train, steps=steps, seed=config.seed):
        rows = triplets.token_ids(triplets.distinct(batch), batch)
        yield sum(len(row) for row in rows)


def training_split(
    config: Config, data: TrainingData, workspace: Workspace, runner: Runner
) -> TripletData:
    """The triplets as token ids, without the validation split."""
    from alignment.encoder.directory import load_encoder
    from alignment.training.run import open_data
    from alignment.training.validation import split

    context = workspace.context(config)
    tokens = runner.run("tokenize", lambda: tokenize(context, data.triplets, data.encoder))

    encoder = load_encoder(
        data.encoder.path / layout.MODEL,
        device="cpu",
        trust_remote_code=config.encoder.runs_code,
    )
    path = tokens.path / layout.TOKENS
    triplets = open_data(path, encoder, config.train, pivot=config.pivot, seed=config.seed)
    training, _ = split(triplets, config.train.validation_share, config.pivot)
    return training
