import contextlib
from collections.abc import Iterator

import torch

from alignment.encoder.forward import Batch
from alignment.encoder.padding import Padded
from alignment.training.gradient_cache import backward_by_chunk
from alignment.training.losses import Loss, infonce_loss


class Model(torch.nn.Module):
    """Unit vectors of rows of numbers, with dropout."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = torch.nn.Linear(5, 4).double()
        self.dropout = torch.nn.Dropout(0.3)

    def embed(self, chunk: Batch) -> torch.Tensor:
        assert isinstance(chunk, Padded)
        return torch.nn.functional.normalize(self.dropout(self.linear(chunk.ids)), dim=-1)


def chunks() -> list[Batch]:
    generator = torch.Generator().manual_seed(0)
    sizes = (3, 5, 4)
    rows = [torch.randn(size, 5, generator=generator, dtype=torch.float64) for size in sizes]
    return [Padded(part, torch.empty(0)) for part in rows]


def loss_of(vectors: torch.Tensor) -> Loss:
    """Of pairs of rows that are in different chunks."""
    return infonce_loss(vectors[:6], vectors[6:])


def test_the_gradient_equals_the_plain_one() -> None:
    """Dropout draws the same numbers in both, and both leave the generator in the same state."""
    model = Model()
    torch.manual_seed(1)
    plain = loss_of(torch.cat([model.embed(chunk) for chunk in chunks()])).value
    plain.backward()
    after_plain = torch.rand(1)
    expected = [parameter.grad for parameter in model.parameters()]

    model.zero_grad()
    torch.manual_seed(1)
    cached = backward_by_chunk(chunks(), model.embed, loss_of, contextlib.nullcontext).value
    assert cached.item() == plain.item()
    assert torch.equal(torch.rand(1), after_plain)
    for parameter, gradient in zip(model.parameters(), expected, strict=True):
        assert parameter.grad is not None and gradient is not None
        assert torch.allclose(parameter.grad, gradient, atol=1e-14)


def test_parameters_of_the_loss_learn_too() -> None:
    log_scale = torch.zeros((), dtype=torch.float64, requires_grad=True)

    def scaled(vectors: torch.Tensor) -> Loss:
        return infonce_loss(vectors[:6], vectors[6:], scale=log_scale.exp())

    backward_by_chunk(chunks(), Model().embed, scaled, contextlib.nullcontext)
    assert log_scale.grad is not None and log_scale.grad != 0


def test_processes_exchange_gradients_once_however_many_chunks_they_have() -> None:
    exchanged: list[bool] = []

    @contextlib.contextmanager
    def without_exchange() -> Iterator[None]:
        exchanged.append(False)
        yield
        exchanged.append(True)

    model = Model()
    backward_by_chunk(chunks(), model.embed, loss_of, contextlib.nullcontext, without_exchange)
    assert exchanged == [False, True] * 2  # of three chunks
