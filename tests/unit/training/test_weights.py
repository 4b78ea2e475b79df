import sys

import pytest
import torch

from alignment.encoder.dropout import ByteDropout
from alignment.errors import ConfigError
from alignment.training.weights import (
    add_lora,
    copy_out_of_mmap,
    freeze,
    layer_number,
    set_dropout,
)


def model() -> torch.nn.Module:
    layers = torch.nn.ModuleList(
        [torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.Dropout(0.5))]
    )
    return torch.nn.ModuleDict({"embeddings": torch.nn.Embedding(3, 2), "layer": layers})


def trained(of: torch.nn.Module) -> set[str]:
    return {name for name, weight in of.named_parameters() if weight.requires_grad}


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("encoder.layer.11.output.dense.weight", 11),
        ("model.layers.0.norm.bias", 0),
        ("embeddings.word_embeddings.weight", -1),
        ("pooler.dense.weight", -1),
        ("players.3.weight", -1),
    ],
)
def test_layer_numbers(name: str, number: int) -> None:
    assert layer_number(name) == number


def test_freeze_by_name_and_by_number() -> None:
    by_name = model()
    freeze(by_name, ("embeddings",))
    assert trained(by_name) == {"layer.0.0.weight", "layer.0.0.bias"}
    by_number = model()
    freeze(by_number, (0,))
    assert trained(by_number) == {"embeddings.weight"}


def test_a_layer_that_is_not_there() -> None:
    with pytest.raises(ConfigError, match="has layers 0 to 0, got 9"):
        freeze(model(), ("embeddings", 9))


def test_something_has_to_be_trained() -> None:
    with pytest.raises(ConfigError, match="nothing is left to train"):
        freeze(model(), ("embeddings", 0))


@pytest.mark.parametrize(("bytewise", "kind"), [(True, ByteDropout), (False, torch.nn.Dropout)])
def test_every_dropout_is_replaced(bytewise: bool, kind: type[torch.nn.Module]) -> None:
    changed = model()
    set_dropout(changed, 0.125, bytewise=bytewise)
    (dropout,) = [m for m in changed.modules() if isinstance(m, torch.nn.Dropout)]
    assert type(dropout) is kind and dropout.p == 0.125


def test_copied_weights_share_no_memory() -> None:
    changed = model()
    before = {name: weight.data for name, weight in changed.named_parameters()}
    copy_out_of_mmap(changed)
    for name, weight in changed.named_parameters():
        assert torch.equal(weight, before[name])
        assert weight.data_ptr() != before[name].data_ptr()


def test_lora_without_peft_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "peft", None)
    with pytest.raises(ConfigError, match=r"pip install 'crosslingual-alignment\[lora\]'"):
        add_lora(model(), 4)  # type: ignore[arg-type]
