import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alignment.config import Train
from alignment.encoder.directory import load_encoder
from alignment.training.data import read_triplets
from alignment.training.noise import COPIES, copies, misspelled

LETTERS = "abc"


@given(st.text(), st.floats(0, 1))
def test_only_letters_change_and_all_else_stays_in_its_order(text: str, share: float) -> None:
    noisy = misspelled(text, share, LETTERS, random.Random(1))
    assert [c for c in noisy if not c.isalpha()] == [c for c in text if not c.isalpha()]
    assert set(noisy) <= set(text) | set(LETTERS) and len(noisy) <= 2 * len(text)
    assert misspelled(text, 0.0, LETTERS, random.Random(1)) == text


def test_as_many_letters_change_as_were_asked_for() -> None:
    """Of a text without the letters that are put in: a fourth of the changes each leaves out, replaces, adds, moves."""
    text = "".join(random.Random(0).choice("uvwxyz") for _ in range(40_000))
    noisy = misspelled(text, 0.1, LETTERS, random.Random(2))
    new = sum(letter in LETTERS for letter in noisy)
    assert new == pytest.approx(2000, rel=0.1)  # of 4,000 changes those that replace or add
    assert len(noisy) - len(text) == pytest.approx(0, abs=150)  # as many added as left out


def test_the_pivot_s_texts_have_no_copies_and_the_others_are_what_they_are_whoever_else_is_there() -> (
    None
):
    texts, languages = ["close the window", "sulje ikkuna", "stäng fönstret"], ["en", "fi", "sv"]
    found = copies(texts, languages, 0.3, pivot="en", seed=1)
    assert found[0] == [] and [len(own) for own in found[1:]] == [COPIES, COPIES]
    assert all(copy != text for text, own in zip(texts, found, strict=True) for copy in own)
    assert len(set(found[1])) == COPIES
    assert set("".join(found[1])) <= set("sulje ikkuna")  # letters of its own language
    assert copies(texts[1:2], ["fi"], 0.3, pivot="en", seed=1) == found[1:2]
    assert copies(texts, languages, 0.3, pivot="en", seed=2)[1] != found[1]
    assert copies(texts, languages, 0.0, pivot="en", seed=1) == [[], [], []]


def test_a_batch_holds_texts_and_copies_the_same_ones_each_time(finished: Path) -> None:
    (triplets,) = finished.glob("store/triplets/*/triplets.parquet")
    (encoder,) = finished.glob("store/encoder/*/model")
    plain, noisy = (
        read_triplets(triplets, load_encoder(encoder), Train(char_noise=n), pivot="en", seed=3)
        for n in (0.0, 0.2)
    )
    assert noisy.sentences == plain.sentences and noisy.used_tokens() > plain.used_tokens()
    batch = list(range(60))
    sentences = sorted(noisy.distinct(batch))
    rows = noisy.rows(sentences, batch)
    assert rows == noisy.rows(sentences, batch) != noisy.rows(sentences, batch[::-1])
    assert plain.rows(sentences, batch) == [plain.sentences[sentence] for sentence in sentences]
    languages = {
        code: [
            row == noisy.sentences[s]
            for s, row in zip(sentences, rows, strict=True)
            if noisy.languages[s] == code
        ]
        for code in set(noisy.languages)
    }
    assert all(languages.pop("en"))
    assert all(0 < sum(own) < 0.6 * len(own) for own in languages.values() if len(own) > 10)
    longest = [item.lengths for item in noisy.items()]
    assert all(
        len(row) <= max(longest[i])
        for i in batch
        for row in noisy.rows(list(noisy.distinct([i])), [i])
    )
