import pytest

from alignment.config import Train
from alignment.pipeline.plan.encoder_shape import MULTILINGUAL_E5_SMALL as E5
from alignment.pipeline.plan.training_memory import MIB, bytes_per_triplet, training_memory


def test_about_what_bench_train_measures() -> None:
    """2,407 MiB with 64 triplets of 45 tokens; the estimate counts a larger vocabulary."""
    needed = training_memory(E5, Train(batch_tokens=64 * 45), 0)
    assert needed.total / MIB == pytest.approx(2407, rel=0.15)


@pytest.mark.parametrize(
    ("settings", "part"),
    [
        ({"gradient_cache": True}, "activations"),
        ({"gradient_checkpointing": True}, "activations"),
        ({"lora_rank": 8}, "gradients_and_optimizer"),
        ({"freeze": ("embeddings",)}, "gradients_and_optimizer"),
        ({"freeze": (0, 1, 2)}, "gradients_and_optimizer"),
    ],
)
def test_settings_that_save_memory(settings: dict[str, object], part: str) -> None:
    plain = training_memory(E5, Train(batch_tokens=10_000), 0)
    lower = training_memory(E5, Train.model_validate({"batch_tokens": 10_000, **settings}), 0)
    assert 0 < getattr(lower, part) < getattr(plain, part)
    assert lower.total < plain.total


def test_distillation_keeps_a_second_encoder() -> None:
    plain = training_memory(E5, Train(), 0)
    assert training_memory(E5, Train(distill_weight=1.0), 0).weights == 2 * plain.weights


def test_triplets_take_memory() -> None:
    assert training_memory(E5, Train(), 1000).data == 1000 * bytes_per_triplet() > 0


def test_every_process_has_the_whole_model() -> None:
    one = training_memory(E5, Train(), 1000)
    four = training_memory(E5, Train(workers=4), 1000)
    assert four.weights == 4 * one.weights
    assert four.gradients_and_optimizer == 4 * one.gradients_and_optimizer
    assert (four.activations, four.data) == (one.activations, one.data)


def test_sharding_divides_gradients_and_optimizer() -> None:
    each = training_memory(E5, Train(workers=4), 1000)
    sharded = training_memory(E5, Train(workers=4, sharding="fsdp"), 1000)
    assert 4 * sharded.gradients_and_optimizer == each.gradients_and_optimizer
    assert sharded.weights == each.weights  # every process loads all of them
    apart = training_memory(E5, Train(workers=4, sharding="fsdp"), 1000, processes=1)
    assert 4 * apart.gradients_and_optimizer == sharded.gradients_and_optimizer
    assert 4 * apart.weights == sharded.weights
