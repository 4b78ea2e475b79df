import bm25s
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alignment.triplets.lexical import lexical_candidates, tokenize


def test_texts_that_share_words_and_never_the_row_itself() -> None:
    texts = ["delete the page", "delete the image", "log in again", "the page was moved"]
    rows = lexical_candidates(texts, 2, "en").rows
    assert rows[0, 0] in (1, 3)
    assert 0 not in rows[0]
    assert rows[2].tolist() == [-1, -1]  # shares no word with any other


def test_a_script_without_spaces() -> None:
    texts = ["朝に熱いお茶を飲みます", "夜に熱いお茶を飲みます", "窓を洗います"]
    assert lexical_candidates(texts, 1, "ja").rows[0, 0] == 1


def test_texts_without_a_word_have_no_candidates() -> None:
    texts = ["delete the page", "...", "delete the image", "—", ""]
    candidates = lexical_candidates(texts, 4, "en")
    none = [-1] * 4
    assert candidates.rows.tolist() == [[2, -1, -1, -1], none, [0, -1, -1, -1], none, none]
    assert candidates.scores[0, 0] > 0
    assert not candidates.scores[:, 1:].any()


def test_pools_have_a_bounded_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("alignment.triplets.lexical.POOL", 10)
    texts = [f"word{i % 7} and thing{i % 5}" for i in range(25)]
    rows = lexical_candidates(texts, 4, "en").rows
    assert (rows[:, 0] >= 0).all()
    for i, candidates in enumerate(rows.tolist()):
        for candidate in candidates:
            assert candidate == -1 or (candidate % 3 == i % 3 and candidate != i)


def zipf_texts(count: int) -> list[str]:
    """Texts of 1 to 11 words, few of which are frequent; some texts are empty."""
    generator = np.random.default_rng(0)
    texts = []
    for _ in range(count):
        drawn = generator.zipf(1.3, generator.integers(1, 12))
        texts.append(" ".join(f"w{int(word)}" for word in drawn if word < 400))
    return texts


@pytest.mark.parametrize("chunk", [1, 2**22])
def test_the_ranking_is_that_of_bm25s(monkeypatch: pytest.MonkeyPatch, chunk: int) -> None:
    monkeypatch.setattr("alignment.triplets.lexical.CHUNK", chunk)
    texts = zipf_texts(300)
    candidates = lexical_candidates(texts, 8, "en")
    tokens = [tokenize(text, "en") for text in texts]
    with_words = [i for i, words in enumerate(tokens) if words]
    index = bm25s.BM25(method="lucene")
    index.index([tokens[i] for i in with_words], show_progress=False)
    for i in with_words:
        scores = np.zeros(len(texts))
        scores[with_words] = index.get_scores(tokens[i])
        scores[i] = 0
        expected = np.sort(scores)[::-1][:8]
        np.testing.assert_allclose(candidates.scores[i], expected, rtol=1e-4, atol=1e-6)
        rows = candidates.rows[i][candidates.rows[i] >= 0]
        np.testing.assert_allclose(scores[rows], expected[: len(rows)], rtol=1e-4)


def test_frequent_words_do_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("alignment.triplets.lexical.POSTINGS", 40)
    texts = [f"the common part n{i // 2} of {i % 2}" for i in range(100)]
    rows = lexical_candidates(texts, 8, "en").rows
    assert rows[:, 0].tolist() == [i ^ 1 for i in range(100)]  # the other one with the same n


def test_one_word_counts_however_frequent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("alignment.triplets.lexical.POSTINGS", 40)
    rows = lexical_candidates(["the"] * 60, 8, "en").rows
    assert rows[5].tolist() == [0, 1, 2, 3, 4, 6, 7, 8]


def test_tokenize() -> None:
    assert tokenize("Save the Page, now!", "en") == ["save", "the", "page", "now"]
    assert tokenize("snake_case", "en") == ["snake", "case"]
    assert tokenize("お茶", "ja") == ["お", "茶", "お茶"]


@given(st.text(max_size=40))
def test_words_are_runs_of_letters_and_digits(text: str) -> None:
    separated = ""
    for char in text.casefold():
        separated += char if char.isalnum() else " "
    assert tokenize(text, "en") == separated.split()
