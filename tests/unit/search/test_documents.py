"""The file of an index's documents."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alignment.errors import Corrupt
from alignment.search.documents import Document, DocumentFile, line_offsets

texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)
documents = st.builds(Document, id=texts, text=texts, title=texts, language=st.just("cy"))


@given(st.lists(documents, min_size=1, max_size=8))
def test_documents_come_back_whatever_they_hold(
    tmp_path_factory: pytest.TempPathFactory, originals: list[Document]
) -> None:
    path = tmp_path_factory.mktemp("documents") / "documents.jsonl"
    path.write_bytes("".join(f"{document.to_json()}\n" for document in originals).encode())
    file = DocumentFile(path, line_offsets(path))
    assert list(file) == originals
    assert file[len(originals) - 1] == originals[-1]
    with pytest.raises(IndexError):
        file[len(originals)]


def test_offsets_across_the_blocks_of_reading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alignment.search.documents._BLOCK_BYTES", 3)
    path = tmp_path / "lines"
    path.write_bytes(b"ab\n\nlonger line\nz\n")
    assert line_offsets(path).tolist() == [0, 3, 4, 16, 18]


def test_what_is_encoded_starts_with_the_title() -> None:
    assert Document("1", "text", "title").content == "title text"
    assert Document("1", "text").content == "text"


def test_a_damaged_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "documents.jsonl"
    path.write_text('{"id": "1", "text": "a"}\n{"id": "2", "te\n')
    file = DocumentFile(path, line_offsets(path))
    with pytest.raises(Corrupt, match="document 2 is damaged"):
        file[1]
