"""Weights that are divided among processes and put together again."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch import distributed
from torch.distributed.tensor import DTensor

from alignment.errors import ConfigError
from alignment.training.sharding import (
    gather_weights,
    load_state,
    shard,
    whole,
    whole_state,
    whole_weights,
)
from tests.unit.training.support import check_same

PARTS = """
import torch
from torch.distributed.tensor import DTensor
from alignment.training.ranks import Ranks
from alignment.training.sharding import gather_weights, shard, whole_weights
from tests.unit.training.test_sharding import Tied, losses

def check(ranks):
    expected = losses(Tied())
    model = Tied()
    total = sum(weight.numel() for weight in model.parameters())
    shard(model, list(model.layers), "cpu", copied="scale")
    here = sum(weight.to_local().numel() for weight in model.parameters())
    assert 0.4 * total < here < 0.6 * total, (here, total)
    sharded = losses(model)
    torch.testing.assert_close(torch.tensor(sharded), torch.tensor(expected))
    first = ranks.rank == 0
    with whole_weights(model, keep=first):
        kinds = {isinstance(weight, DTensor) for weight in model.parameters()}
        assert kinds == {not first}
        if first:
            assert sum(weight.numel() for weight in model.parameters()) == total
            for weight in model.parameters():  # a gathered one of 11 rows has room for 12
                assert weight.untyped_storage().nbytes() == 4 * weight.numel()
    gather_weights(model, keep=first)
    if first:
        assert model.table.weight is model.output.weight

ranks = Ranks.of_environment()
with ranks.connected(on_gpu=False):
    check(ranks)
print("the same")
"""


class Tied(torch.nn.Module):
    """Two layers of uneven size, an embedding whose weights come twice, and a learned scale."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.table = torch.nn.Embedding(11, 5)
        self.layers = torch.nn.ModuleList(torch.nn.Linear(5, 5) for _ in range(2))
        self.output = torch.nn.Linear(5, 11, bias=False)
        self.output.weight = self.table.weight
        self.scale = torch.nn.Parameter(torch.tensor(0.5))

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        hidden = self.table(ids)
        for _ in range(2):  # as a batch of two chunks calls each layer twice
            for layer in self.layers:
                hidden = layer(hidden).tanh()
        logits: torch.Tensor = self.output(hidden)
        return logits


def losses(model: torch.nn.Module) -> list[float]:
    """Those of a few steps with clipped gradients, in which all processes have the same batch."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.05, fused=True)
    values = []
    for _ in range(4):
        scale = model.get_parameter("scale")
        factor = scale.to_local() if isinstance(scale, DTensor) else scale
        ids = torch.arange(11)
        loss = torch.nn.functional.cross_entropy(model(ids) * factor.exp(), ids.flip(0))
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(model.parameters(), 0.1)
        optimizer.step()
        optimizer.zero_grad()
        values += [loss.item(), whole(norm).item()]
    return values


def test_two_processes_hold_half_and_train_the_same(tmp_path: Path) -> None:
    check_same(2, PARTS, tmp_path)


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[None]:
    """A group of one process: its part is everything."""
    meeting = f"file://{tmp_path / 'store'}"
    distributed.init_process_group("gloo", init_method=meeting, rank=0, world_size=1)
    yield
    distributed.destroy_process_group()


def stepped(model: torch.nn.Module) -> torch.optim.AdamW:
    """An optimizer after one step."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.05)
    for weight in model.parameters():
        weight.grad = torch.ones_like(weight)
    optimizer.step()
    return optimizer


@pytest.mark.usefixtures("alone")
def test_states_are_those_of_an_optimizer_without_sharding() -> None:
    expected = stepped(Tied()).state_dict()
    model = Tied()
    shard(model, list(model.layers), "cpu", copied="scale")
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.05)
    load_state(optimizer, expected)
    for weight in model.parameters():
        assert isinstance(optimizer.state[weight]["exp_avg"], DTensor)
        assert not isinstance(optimizer.state[weight]["step"], DTensor)
    state = whole_state(optimizer, keep=True)
    torch.testing.assert_close(state, expected, rtol=0, atol=0)
    kept = whole_state(optimizer, keep=False)["state"]
    assert not any(kept.values())


@pytest.mark.usefixtures("alone")
def test_whole_weights_are_put_back() -> None:
    model = Tied()
    values = {name: weight.detach().clone() for name, weight in model.named_parameters()}
    model.layers[0].requires_grad_(False)
    shard(model, list(model.layers), "cpu", copied="scale")
    sharded = list(model.parameters())
    with whole_weights(model, keep=True):
        for name, weight in model.named_parameters():
            assert not isinstance(weight, DTensor)
            assert torch.equal(weight, values[name])
            assert weight.requires_grad == (not name.startswith("layers.0"))
        assert model.table.weight is model.output.weight
    assert all(one is other for one, other in zip(model.parameters(), sharded, strict=True))
    gather_weights(model, keep=True)
    assert torch.equal(model.table.weight, values["table.weight"])


@pytest.mark.usefixtures("alone")
def test_a_weight_that_is_one_number() -> None:
    with pytest.raises(ConfigError, match="the weight scale is a single number") as caught:
        shard(Tied(), [], "cpu", copied=None)
    assert caught.value.where == "train.sharding"


@pytest.mark.usefixtures("alone")
def test_layers_that_share_weights() -> None:
    model = Tied()
    model.layers[1].weight = model.layers[0].weight
    with pytest.raises(ConfigError, match="layers of this encoder share weights"):
        shard(model, list(model.layers), "cpu", copied="scale")
