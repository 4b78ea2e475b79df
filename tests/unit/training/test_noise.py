import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alignment.encoder.directory import load_encoder
from alignment.encoder.encoder import Encoder
from alignment.encoder.parallel_tokens import ParallelTokenizer
from alignment.training.noise import Misspeller, misspell
from tests.unit.training.naive import data_of
from tests.unit.training.support import encoder_of, sentence, triplet

LETTERS = "abc"
TEXTS = ["close the window", "sulje ikkuna", "stäng fönstret"]
LANGUAGES = ["en", "fi", "sv"]


@given(st.text(), st.floats(0, 1))
def test_only_letters_change(text: str, share: float) -> None:
    noisy = misspell(text, share, LETTERS, random.Random(1))
    assert [c for c in noisy if not c.isalpha()] == [c for c in text if not c.isalpha()]
    assert set(noisy) <= set(text) | set(LETTERS)
    assert len(noisy) <= 2 * len(text)


@given(st.text())
def test_a_share_of_0_changes_nothing(text: str) -> None:
    assert misspell(text, 0.0, LETTERS, random.Random(1)) == text


def test_the_share_of_changed_letters() -> None:
    """A fourth of the changes each drops, replaces, adds and swaps.

    The text has none of the new letters, so that these can be counted.
    """
    text = "".join(random.Random(0).choice("uvwxyz") for _ in range(40_000))
    noisy = misspell(text, 0.1, LETTERS, random.Random(2))
    new = sum(letter in LETTERS for letter in noisy)
    assert new == pytest.approx(2000, rel=0.1)  # of 4,000 changes those that replace or add
    assert len(noisy) - len(text) == pytest.approx(0, abs=150)  # as many added as dropped


@pytest.fixture(scope="module")
def encoder(finished: Path) -> Encoder:
    return load_encoder(encoder_of(finished), device="cpu")


def misspeller(encoder: Encoder, share: float = 0.3, seed: int = 1) -> Misspeller:
    sentences = [
        sentence(text, language, 1) for text, language in zip(TEXTS, LANGUAGES, strict=True)
    ]
    data = data_of(sentences, [triplet(0, 1), triplet(0, 2)])
    tokenizer = ParallelTokenizer(encoder)
    return Misspeller(data.columns, LANGUAGES, tokenizer, share, pivot="en", seed=seed)


def test_the_pivot_is_never_misspelled(encoder: Encoder) -> None:
    noise = misspeller(encoder)
    assert [noise.changes(language) for language in range(3)] == [False, True, True]
    rng = random.Random(0)
    drawn = [[noise.draws(language, rng) for _ in range(1000)] for language in range(3)]
    assert sum(drawn[0]) == 0
    assert sum(drawn[1]) == pytest.approx(750, abs=50)


def test_copies_differ_from_the_text_and_each_other(encoder: Encoder) -> None:
    noise = misspeller(encoder)
    (clean,) = encoder.tokenize(TEXTS[1:2])
    copies = noise.copies(TEXTS[1:2] * 3, [1] * 3, [100] * 3, random.Random(1), reduction=None)
    assert len({tuple(copy or []) for copy in [clean, *copies]}) == 4


def test_new_letters_are_the_language_s(encoder: Encoder, monkeypatch: pytest.MonkeyPatch) -> None:
    used: list[set[str]] = []

    def noted(text: str, share: float, letters: list[str], rng: random.Random) -> str:
        used.append({text, *letters})
        return text

    monkeypatch.setattr("alignment.training.noise.misspell", noted)
    noise = misspeller(encoder)
    noise.copies(TEXTS[1:2], [1], [100], random.Random(1), reduction=None)
    assert used[-1] == {TEXTS[1], *filter(str.isalpha, TEXTS[1])}


def test_a_copy_is_never_longer_than_planned(encoder: Encoder) -> None:
    noise = misspeller(encoder, share=0.5)
    (clean,) = encoder.tokenize(TEXTS[2:])
    limit = len(clean) - 1
    copies = noise.copies(TEXTS[2:] * 50, [2] * 50, [limit] * 50, random.Random(1), reduction=None)
    assert all(copy is None or len(copy) <= limit for copy in copies)
    assert noise.longest(5) == 16
    assert noise.longest(encoder.max_tokens) == noise.longest(20) == encoder.max_tokens


def test_the_same_seed_tries_the_same_copies(encoder: Encoder) -> None:
    tokens = misspeller(encoder).tokens.tolist()
    assert tokens == misspeller(encoder).tokens.tolist() == sorted(set(tokens))
