import pyarrow as pa

from alignment.cleaning.sentences import sentence_hashes


def test_equal_forms_have_equal_hashes() -> None:
    first, second, third = sentence_hashes("en", ["Save changes?", "save  CHANGES", "discard"])
    assert first == second
    assert first != third


def test_languages_differ() -> None:
    (english,) = sentence_hashes("en", ["taxi"])
    (german,) = sentence_hashes("de", ["taxi"])
    assert english != german


def test_texts_without_letters_are_compared_as_they_are() -> None:
    first, second, again = sentence_hashes("en", ["?!", "...", "?!"])
    assert first == again
    assert first != second


def test_arrow_columns_have_the_hashes_of_their_texts() -> None:
    texts = ["Save changes?", "?!", "Éa", ""]
    assert sentence_hashes("fi", pa.array(texts)).tolist() == sentence_hashes("fi", texts).tolist()
