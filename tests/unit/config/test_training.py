from typing import Any

import pytest
from pydantic import ValidationError

from alignment.config import Train


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"margin": 5}, "margin: no triplet can reach a margin of 5: cosine distances"),
        ({"margin": 2.0, "distance": "euclidean"}, "a margin of 2: euclidean distances"),
        ({"center": True, "distill_weight": 1}, "distill_weight: .* use one of the two"),
        ({"lora_rank": 8, "learn_scale": True}, "learn_scale: lora_rank trains adapters only"),
        ({"explicit_negatives": 0.5}, "explicit_negatives: 0.5 with in_batch_negatives: none"),
        ({"explicit_negatives": 0, "loss": "triplet+infonce"}, "without a negative"),
        ({"average_with_base": "auto", "validation_share": 0}, "validation_share: 0 keeps none"),
        ({"sharding": "fsdp"}, "sharding: fsdp divides the weights .* set workers to the number"),
    ],
)
def test_contradiction(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Train(**settings)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"margin": 1.99},
        {"center": True},
        {"distill_weight": 1},
        {"lora_rank": 8},
        {"explicit_negatives": 0, "in_batch_negatives": "hardest"},
        {"explicit_negatives": 0, "loss": "infonce"},
        {"freeze": ["embeddings", 0, 1]},
        {"average_with_base": "auto"},
        {"average_with_base": 0.3, "validation_share": 0},
        {"sharding": "fsdp", "workers": 2},
        {"sharding": "fsdp", "workers": 2, "lora_rank": 8, "gradient_checkpointing": True},
    ],
)
def test_valid(settings: dict[str, Any]) -> None:
    Train(**settings)


def test_all_contradictions_at_once() -> None:
    with pytest.raises(ValidationError) as caught:
        Train(margin=3, center=True, distill_weight=1)
    assert "distill_weight: " in str(caught.value)
    assert "margin: " in str(caught.value)


@pytest.mark.parametrize("share", [1, -0.1, 1.5, "always"])
def test_a_share_that_is_none(share: object) -> None:
    with pytest.raises(ValidationError, match="average_with_base"):
        Train(average_with_base=share)
