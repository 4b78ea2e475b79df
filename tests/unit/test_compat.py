"""Each private function and its fallback give the same."""

from typing import Any

import pytest
import torch
from transformers import BertConfig, BertModel

from alignment import compat
from alignment.encoder.container import transformer_of
from alignment.encoder.packing_probe import use_packing
from alignment.retrieval.int8_sieve import Int8Sieve
from tests.unit.encoder.packed_models import ROWS, new_model


def int8_product(dim: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(1)
    # The extreme values, so that the sum is as large as it can be.
    a = torch.randint(0, 2, (32, dim), generator=generator, dtype=torch.int8) * -128
    b = torch.randint(-128, 128, (dim, 64), generator=generator, dtype=torch.int8)
    b[:, 0] = -128
    b[:, 1] = 127
    a[0] = -128
    a[1] = 127
    out = torch.empty(32, 64, dtype=torch.int32)
    compat.int8_matmul(a, b, out=out)
    return out


@pytest.mark.parametrize("dim", [16, 384, 1024, 1041, 4097])
def test_int8_matmul_fallback(dim: int, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = int8_product(dim)
    assert expected[0, 0] == 128 * 128 * dim
    assert expected[1, 1] == 127 * 127 * dim  # from 1,041 on, float32 cannot hold it
    monkeypatch.delattr(torch, "_int_mm")
    assert torch.equal(int8_product(dim), expected)


def test_sieve_without_int8_matmul(monkeypatch: pytest.MonkeyPatch) -> None:
    generator = torch.Generator().manual_seed(1)
    y = torch.nn.functional.normalize(torch.randn(2000, 32, generator=generator))
    expected = Int8Sieve(y, 5).passed(y[:20])
    monkeypatch.delattr(torch, "_int_mm")
    passed = Int8Sieve(y, 5).passed(y[:20])
    assert torch.equal(passed.candidates, expected.candidates)
    assert torch.equal(passed.counts, expected.counts)


@pytest.mark.parametrize("bias", [None, torch.arange(7.0)])
def test_onednn_linear_and_its_fallback(
    bias: torch.Tensor | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.manual_seed(1)
    x = torch.randn(2, 5, 48)
    weight = torch.randn(48, 7).T  # a view, as the backward pass has them
    expected = (x.double() @ weight.double().T + (0 if bias is None else bias)).float()
    for tried in (weight, compat.onednn_weight(weight)):
        torch.testing.assert_close(compat.onednn_linear(x, tried, bias), expected)
    monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: False)
    for tried in (weight, compat.onednn_weight(weight)):
        torch.testing.assert_close(compat.onednn_linear(x, tried, bias), expected)


PROBES = ("_is_vnni_supported", "_is_avx512_bf16_supported", "_is_amx_tile_supported")


def test_probes_are_false_without_torchs(monkeypatch: pytest.MonkeyPatch) -> None:
    for probe in PROBES:
        monkeypatch.delattr(torch.cpu, probe)
    assert compat.has_int8_dot_products() is False
    assert compat.cpu_has_bf16() is False


@pytest.mark.parametrize("probe", PROBES)
def test_probes_are_torchs(probe: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PROBES:
        monkeypatch.setattr(torch.cpu, name, lambda name=name: name == probe)
    assert compat.has_int8_dot_products() == (probe == "_is_vnni_supported")
    assert compat.cpu_has_bf16() == (probe != "_is_vnni_supported")


def small_bert() -> BertModel:
    torch.manual_seed(1)
    config = BertConfig(
        vocab_size=20,
        hidden_size=8,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=8,
    )
    model = BertModel(config)
    model.set_attn_implementation("eager")
    return model


def test_attention_implementation() -> None:
    container = new_model("bert")
    model = transformer_of(container)
    assert compat.attention_implementation(model) == "eager"
    assert use_packing(container, ROWS, 0)
    assert compat.attention_implementation(model) == "alignment_packed"


def test_attention_implementation_fallback(monkeypatch: pytest.MonkeyPatch) -> None:
    model = small_bert()
    bare: Any = type("Config", (), {})()
    monkeypatch.setattr(model, "config", bare)
    assert compat.attention_implementation(model) == "eager"
