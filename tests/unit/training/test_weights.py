import re
import sys
from pathlib import Path

import pytest
import torch

from alignment.encoder.directory import load_encoder
from alignment.encoder.dropout import ByteDropout
from alignment.encoder.encoder import Encoder
from alignment.encoder.forward import embed
from alignment.encoder.padding import pad
from alignment.errors import ConfigError
from alignment.training.parts import encoder_parts
from alignment.training.weights import add_lora, copy_out_of_mmap, freeze, set_dropout
from tests.unit.encoder.layout_files import TEXTS, write_layout
from tests.unit.encoder.layouts import BY_NAME


def model() -> torch.nn.Module:
    layers = torch.nn.ModuleList(
        [torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.Dropout(0.5))]
    )
    return torch.nn.ModuleDict({"embeddings": torch.nn.Embedding(3, 2), "layer": layers})


@pytest.fixture
def labse(tmp_path: Path) -> Encoder:
    """Two layers of BERT and a Dense module."""
    write_layout(tmp_path, BY_NAME["LaBSE"])
    return load_encoder(tmp_path, device="cpu")


def frozen(encoder: Encoder, *chosen: str | int) -> set[str]:
    """The start of the names of all weights that are not trained."""
    parts = encoder_parts(encoder.container, encoder.tokenize(["red house"])[0])
    freeze(encoder.container, chosen, parts)
    names = set()
    for name, weight in encoder.container.named_parameters():
        if not weight.requires_grad:
            names.add(re.sub(r"^(0\.model\.\w+(\.layer\.\d)?|\d).*", r"\1", name))
    return names


@pytest.mark.parametrize(
    ("part", "names"),
    [
        ("embeddings", {"0.model.embeddings"}),
        (1, {"0.model.encoder.layer.1"}),
        ("dense", {"2"}),
        (
            "transformer",
            {
                "0.model.embeddings",
                "0.model.encoder.layer.0",
                "0.model.encoder.layer.1",
                "0.model.pooler",
            },
        ),
    ],
)
def test_freeze_by_name_and_by_number(labse: Encoder, part: str | int, names: set[str]) -> None:
    assert frozen(labse, part) == names


def test_adapters_of_a_frozen_layer_are_frozen(labse: Encoder) -> None:
    parts = encoder_parts(labse.container, labse.tokenize(["red house"])[0])
    add_lora(labse.model, 2)
    freeze(labse.container, (0,), parts)
    trained = [name for name, weight in labse.container.named_parameters() if weight.requires_grad]
    assert [name for name in trained if "layer.1" in name]
    assert not [name for name in trained if "layer.0" in name]
    assert "2.linear.weight" in trained


def test_a_layer_that_is_not_there(labse: Encoder) -> None:
    with pytest.raises(ConfigError, match="has layers 0 to 1, got 9"):
        frozen(labse, "embeddings", 9)


def test_a_module_that_is_not_there(labse: Encoder) -> None:
    with pytest.raises(ConfigError, match="no weights of the name 'layernorm'") as caught:
        frozen(labse, "layernorm")
    assert "dense, embeddings, transformer" in str(caught.value.hint)


def test_something_has_to_be_trained(labse: Encoder) -> None:
    with pytest.raises(ConfigError, match="nothing is left to train"):
        frozen(labse, "transformer", "dense")


@pytest.mark.parametrize(("bytewise", "kind"), [(True, ByteDropout), (False, torch.nn.Dropout)])
def test_every_dropout_is_replaced(bytewise: bool, kind: type[torch.nn.Module]) -> None:
    changed = model()
    set_dropout(changed, 0.125, bytewise=bytewise)
    (dropout,) = [m for m in changed.modules() if isinstance(m, torch.nn.Dropout)]
    assert type(dropout) is kind and dropout.p == 0.125


class Attention(torch.nn.Module):
    """Holds dropouts as T5, XLM and M2M100 do, and as ModernBERT does if its own is 0."""

    def __init__(self) -> None:
        super().__init__()
        self.dropout = 0.3
        self.attention_dropout = 0
        self.out_drop = torch.nn.Identity()
        self.layerdrop = 0.5
        self.norm = torch.nn.Identity()
        self.use_dropout = True


def test_dropouts_that_are_no_modules_are_set() -> None:
    attention = Attention()
    set_dropout(attention, 0.125, bytewise=False)
    assert (attention.dropout, attention.attention_dropout) == (0.125, 0.125)
    assert isinstance(attention.out_drop, torch.nn.Dropout) and attention.out_drop.p == 0.125
    assert attention.layerdrop == 0.5
    assert isinstance(attention.norm, torch.nn.Identity)
    assert attention.use_dropout is True


@pytest.mark.parametrize(
    "name", ["sentence-T5", "mmBERT", "Llama", "XLM", "distiluse", "Longformer"]
)
def test_no_model_drops_anything_at_probability_0(name: str, tmp_path: Path) -> None:
    """And each of them does at 0.5, in its embeddings or layers and in its attention."""
    write_layout(tmp_path, BY_NAME[name])
    encoder = load_encoder(tmp_path, device="cpu")
    batch = pad(encoder.tokenize(TEXTS), BY_NAME[name].special.pad_id)
    encoder.model.set_attn_implementation("eager")
    with torch.no_grad():
        expected = embed(encoder.container, batch)
        encoder.container.train()
        for probability in (0.5, 0.0):
            set_dropout(encoder.container, probability, bytewise=False)
            same = torch.allclose(embed(encoder.container, batch), expected, atol=1e-5)
            assert same is (probability == 0.0)


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
