import copy
from typing import Any

import pytest
import torch

from alignment import compat
from alignment.encoder import linear
from alignment.encoder.linear import OneDnnLinear, use_onednn


@pytest.fixture
def pair() -> tuple[torch.nn.Sequential, torch.nn.Sequential]:
    """A plain model, and a converted one with equal weights."""
    torch.manual_seed(4)
    plain = torch.nn.Sequential(
        torch.nn.Linear(6, 9), torch.nn.Tanh(), torch.nn.Linear(9, 5, bias=False)
    )
    converted = torch.nn.Sequential(
        torch.nn.Linear(6, 9), torch.nn.Tanh(), torch.nn.Linear(9, 5, bias=False)
    )
    converted.load_state_dict(plain.state_dict())
    use_onednn(converted)
    return plain, converted


def test_same_values_and_gradients(pair: tuple[torch.nn.Sequential, torch.nn.Sequential]) -> None:
    plain, converted = pair
    assert isinstance(converted[0], OneDnnLinear)
    outputs = []
    inputs = []
    for model in pair:
        torch.manual_seed(5)
        x = torch.randn(2, 7, 6, requires_grad=True)
        output = model(x)
        output.square().sum().backward()
        outputs.append(output)
        inputs.append(x.grad)
    torch.testing.assert_close(outputs[1], outputs[0])
    torch.testing.assert_close(inputs[1], inputs[0])
    for ours, theirs in zip(converted.parameters(), plain.parameters(), strict=True):
        torch.testing.assert_close(ours.grad, theirs.grad)
    with torch.inference_mode():
        torch.testing.assert_close(converted(x), plain(x))


def test_a_model_may_change_the_output_in_place(
    pair: tuple[torch.nn.Sequential, torch.nn.Sequential],
) -> None:
    """As Longformer does with its queries."""
    gradients = []
    for model in pair:
        torch.manual_seed(5)
        x = torch.randn(2, 7, 6, requires_grad=True)
        output = model[0](x)
        output /= 3
        output.square().sum().backward()
        gradients.append(x.grad)
    torch.testing.assert_close(gradients[1], gradients[0])


def test_parameters_keep_their_identity_and_names() -> None:
    model = torch.nn.Sequential(torch.nn.Linear(3, 3)).eval()
    model[0].weight.requires_grad_(False)
    before = dict(model.named_parameters())
    use_onednn(model)
    after = dict(model.named_parameters())
    assert list(after) == list(before)
    assert all(after[name] is before[name] for name in before)
    assert not model[0].training
    output = model(torch.randn(2, 3))
    output.sum().backward()
    assert model[0].weight.grad is None
    assert model[0].bias.grad is not None


def test_subclasses_stay() -> None:
    class Scaled(torch.nn.Linear):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return 2 * super().forward(x)

    model = torch.nn.Sequential(Scaled(3, 3))
    use_onednn(model)
    assert type(model[0]) is Scaled


@pytest.mark.parametrize("case", ["bf16", "autocast", "empty"])
def test_what_is_not_float32_is_torchs(
    case: str,
    pair: tuple[torch.nn.Sequential, torch.nn.Sequential],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: Any) -> None:
        raise AssertionError("called")

    monkeypatch.setattr(compat, "onednn_linear", refuse)
    plain, converted = pair
    x = torch.randn(0 if case == "empty" else 4, 6)
    if case == "bf16":
        plain.bfloat16()
        converted.bfloat16()
        x = x.bfloat16()
    with torch.autocast("cpu", torch.bfloat16, enabled=case == "autocast"):
        torch.testing.assert_close(converted(x), plain(x))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_copy_for_inference_follows_the_weight(dtype: torch.dtype) -> None:
    model: Any = torch.nn.Sequential(torch.nn.Linear(8, 4)).to(dtype)
    use_onednn(model)
    x = torch.randn(3, 8, dtype=dtype)
    results = []
    for factor in (1, -1, 2):
        with torch.no_grad():
            model[0].weight.mul_(factor)
        with torch.inference_mode():
            results.append(model(x))
        with torch.no_grad():
            expected = torch.nn.functional.linear(x, model[0].weight, model[0].bias)
        torch.testing.assert_close(results[-1], expected)
    model[0].weight.data = model[0].weight.data * 3
    with torch.inference_mode():
        assert not torch.equal(model(x), results[-1])


def test_large_models_keep_no_copy(monkeypatch: pytest.MonkeyPatch) -> None:
    model = torch.nn.Sequential(torch.nn.Linear(8, 4), torch.nn.Linear(4, 4))
    monkeypatch.setattr(linear, "_LARGEST_COPY", 4 * (8 * 4 + 4 * 4) - 1)
    use_onednn(model)
    with torch.inference_mode():
        model(torch.randn(2, 8))
    assert all(layer._copy is None for layer in model)


def test_a_used_model_can_be_copied() -> None:
    model = torch.nn.Sequential(torch.nn.Linear(8, 4))
    use_onednn(model)
    x = torch.randn(2, 8)
    with torch.inference_mode():
        expected = model(x)
        torch.testing.assert_close(copy.deepcopy(model)(x), expected)
