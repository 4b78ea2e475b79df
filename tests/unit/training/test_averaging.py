"""The mean of trained and base weights, in every kind of encoder."""

from __future__ import annotations

import doctest
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sentence_transformers import SentenceTransformer

from alignment.encoder.directory import load_encoder, save_encoder
from alignment.encoder.encoder import Encoder
from alignment.encoder.weights_files import stored_dtype
from alignment.errors import Corrupt
from alignment.training import averaging
from alignment.training.averaging import AveragedEncoder, mean_weight
from tests.unit.encoder.layout_files import TEXTS, skip_without, write_layout
from tests.unit.encoder.layouts import BY_NAME
from tests.unit.encoder.test_layouts import TRAINED

Weights = dict[str, torch.Tensor]
shares = st.floats(0.0, 1.0)
numbers = st.lists(st.floats(-1e6, 1e6, width=32), min_size=1, max_size=40)


def test_examples() -> None:
    result = doctest.testmod(averaging)
    assert result.attempted > 0
    assert result.failed == 0


@given(numbers, st.randoms(use_true_random=False), shares)
def test_the_mean_is_linear_between_its_ends(
    values: list[float], random: object, share: float
) -> None:
    trained = torch.tensor(values)
    base = torch.tensor([random.uniform(-1e3, 1e3) for _ in values])  # type: ignore[attr-defined]
    mean = mean_weight(trained, base, share)
    exact = (1 - share) * trained.double() + share * base.double()
    scale = torch.maximum(trained.abs(), base.abs()).double()
    smallest = torch.finfo(torch.float32).tiny  # below it, numbers have fewer digits
    assert bool(((mean.double() - exact).abs() <= 4e-7 * scale + smallest).all())
    assert torch.equal(mean_weight(trained, base, 0.0), trained)
    assert torch.equal(mean_weight(trained, base, 1.0), base)
    assert torch.equal(mean_weight(trained, trained, share), trained)


def test_half_precision_is_averaged_in_float32() -> None:
    trained = torch.tensor([1.0], dtype=torch.bfloat16)
    base = torch.tensor([1.0078125], dtype=torch.bfloat16)  # the next number of bfloat16
    mean = mean_weight(trained, base, 0.5)
    assert mean.dtype == torch.float32
    assert 1.0 < mean.item() < 1.0078125


def changed(encoder: Encoder, seed: int = 0) -> Encoder:
    """The encoder with other weights, as if it had been trained; the first weight stays frozen."""
    generator = torch.Generator().manual_seed(seed)
    _, *weights = encoder.container.parameters()
    with torch.no_grad():
        for weight in weights:
            weight.add_(0.1 * torch.randn(weight.shape, generator=generator))
    return encoder


def weights_of(encoder: Encoder) -> Weights:
    return {name: weight.detach().clone() for name, weight in encoder.container.named_parameters()}


def assert_equal(weights: Weights, expected: Weights) -> None:
    assert weights.keys() == expected.keys()
    for name, weight in weights.items():
        assert torch.equal(weight, expected[name]), name


@pytest.mark.parametrize("name", TRAINED)
def test_every_kind_of_encoder_is_averaged(name: str, tmp_path: Path) -> None:
    layout = BY_NAME[name]
    skip_without(layout)
    write_layout(tmp_path / "base", layout)
    base = load_encoder(tmp_path / "base", device="cpu")
    encoder = changed(load_encoder(tmp_path / "base", device="cpu"))
    ends = weights_of(encoder), weights_of(base)
    averaged = AveragedEncoder(encoder, base)
    trained_vectors = encoder.encode(TEXTS)

    averaged.set_share(1.0)
    assert_equal(weights_of(encoder), ends[1])
    assert np.array_equal(encoder.encode(TEXTS), base.encode(TEXTS))
    averaged.set_share(0.0)
    assert_equal(weights_of(encoder), ends[0])
    assert np.array_equal(encoder.encode(TEXTS), trained_vectors)
    averaged.set_share(0.25)
    for parameter, mean in weights_of(encoder).items():
        expected = 0.75 * ends[0][parameter] + 0.25 * ends[1][parameter]
        assert torch.allclose(mean, expected, atol=1e-6), parameter

    vectors = encoder.encode(TEXTS)
    assert not np.allclose(vectors, trained_vectors, atol=1e-3)
    save_encoder(tmp_path / "published", encoder)
    published = SentenceTransformer(
        str(tmp_path / "published"), device="cpu", local_files_only=True
    )
    theirs = published.encode(TEXTS, normalize_embeddings=True)
    assert (vectors * theirs).sum(axis=1).min() > 0.99999


def test_weights_that_modules_share_stay_shared(tmp_path: Path) -> None:
    """T5 looks tokens up in two modules with one matrix."""
    write_layout(tmp_path / "base", BY_NAME["mT5"])
    encoder = load_encoder(tmp_path / "base", device="cpu")
    averaged = AveragedEncoder(changed(encoder), load_encoder(tmp_path / "base", device="cpu"))
    averaged.set_share(0.5)
    tables = [
        module.weight
        for module in encoder.model.modules()
        if isinstance(module, torch.nn.Embedding) and module.num_embeddings > 40
    ]
    assert len(tables) == 2
    assert tables[0] is tables[1]


def test_equal_weights_are_left_alone(tmp_path: Path) -> None:
    write_layout(tmp_path, BY_NAME["LaBSE"])
    encoder = load_encoder(tmp_path, device="cpu")
    before = {name: weight._version for name, weight in encoder.container.named_parameters()}
    averaged = AveragedEncoder(encoder, load_encoder(tmp_path, device="cpu"))
    averaged.set_share(0.3)
    after = {name: weight._version for name, weight in encoder.container.named_parameters()}
    assert after == before


def test_another_architecture_is_refused(tmp_path: Path) -> None:
    write_layout(tmp_path / "a", BY_NAME["LaBSE"])
    write_layout(tmp_path / "b", BY_NAME["distiluse"])
    with pytest.raises(Corrupt, match=r"cannot be averaged with its base: \d+ weights"):
        AveragedEncoder(
            load_encoder(tmp_path / "a", device="cpu"), load_encoder(tmp_path / "b", device="cpu")
        )


def test_half_precision_is_rounded_once(tmp_path: Path) -> None:
    write_layout(tmp_path / "base", BY_NAME["BGE-M3"])
    encoder = load_encoder(tmp_path / "base", device="cpu")
    for name in ("base", "trained"):
        if name == "trained":
            changed(encoder)
        save_encoder(tmp_path / name, encoder, dtype=torch.bfloat16)
        encoder.container.float()
    trained = load_encoder(tmp_path / "trained", device="cpu")
    base = load_encoder(tmp_path / "base", device="cpu")
    ends = weights_of(trained), weights_of(base)
    AveragedEncoder(trained, base).set_share(0.3)
    save_encoder(tmp_path / "mean", trained, dtype=torch.bfloat16)
    assert stored_dtype(tmp_path / "mean") == "bfloat16"
    mean = weights_of(load_encoder(tmp_path / "mean", device="cpu"))
    for name, weight in mean.items():
        exact = mean_weight(ends[0][name], ends[1][name], 0.3)
        assert torch.equal(weight, exact.bfloat16().float()), name
