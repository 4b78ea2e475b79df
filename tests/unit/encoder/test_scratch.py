import pytest

from alignment.encoder.scratch import scratch_encoder
from alignment.errors import EmptyCorpus
from tests.unit.encoder.examples import CONFIG, TEXTS


def test_same_seed_same_weights() -> None:
    first, _ = scratch_encoder(TEXTS, CONFIG, seed=5)
    second, _ = scratch_encoder(TEXTS, CONFIG, seed=5)
    other, _ = scratch_encoder(TEXTS, CONFIG, seed=6)
    name = "encoder.layer.0.attention.self.query.weight"
    for weight, same in zip(first.parameters(), second.parameters(), strict=True):
        assert (weight == same).all()
    assert (first.get_parameter(name) != other.get_parameter(name)).any()


def test_sizes_are_the_configurations() -> None:
    model, tokenizer = scratch_encoder(TEXTS, CONFIG, seed=5)
    assert model.config.hidden_size == 32
    assert model.config.num_hidden_layers == 2
    assert model.config.max_position_embeddings == tokenizer.model_max_length == 32
    assert model.config.vocab_size == len(tokenizer) <= 120
    assert not model.training


def test_no_text_is_an_error() -> None:
    with pytest.raises(EmptyCorpus, match="cannot train a tokenizer"):
        scratch_encoder([], CONFIG, seed=1)
