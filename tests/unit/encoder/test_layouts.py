"""Encoders as their publishers wrote them give the vectors of sentence-transformers, everywhere.

`pytest -s -m "" tests/unit/encoder/test_layouts.py` prints the table of all of them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from sentence_transformers import SentenceTransformer

from alignment import compat
from alignment.encoder.container import transformer_of
from alignment.encoder.directory import load_encoder, save_encoder
from alignment.encoder.encoder import Encoder
from alignment.encoder.forward import embed
from alignment.encoder.packed_attention import ATTENTION
from alignment.encoder.packing import pack
from alignment.encoder.padding import pad
from alignment.encoder.prompts import Prompts, choose_prompts
from alignment.encoder.vocabulary import Reduction, restore_vocabulary
from alignment.errors import Corrupt
from alignment.training import run as training
from alignment.training.run import run
from tests.unit.encoder.layout_files import TEXTS, Layout, skip_without, write_layout
from tests.unit.encoder.layouts import BY_NAME
from tests.unit.training.support import short, tiny_job

CLOSE = 0.99999
TRAINED = [
    "LaBSE",
    "multilingual-e5-prompts",
    "BGE-M3",
    "EmbeddingGemma",
    "Qwen3-Embedding",
    "mmBERT",
    "sentence-T5",
    "CamemBERT",
]
"""What is trained in the default run; all others are trained with `-m slow`."""


def cosine(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    """The smallest one of corresponding rows."""
    assert a.shape == b.shape
    return float((a * b).sum(axis=1).min())


def reference(path: Path) -> SentenceTransformer:
    return SentenceTransformer(str(path), device="cpu", local_files_only=True)


@pytest.fixture(scope="module")
def table() -> Iterator[dict[str, list[str]]]:
    """The rows that tests add to; printed at the end."""
    rows: dict[str, list[str]] = {}
    yield rows
    for name, cells in rows.items():
        print(f"\n{name:32} {'  '.join(cells)}", end="")
    print()


REFUSED = {"XLNet": "XLNetModel reads types of tokens"}
ENCODERS = [name for name in BY_NAME if name not in REFUSED]


def layout_of(name: str, path: Path) -> Layout:
    """Write a layout's directory; skip the test if this transformers does not have it."""
    layout = BY_NAME[name]
    skip_without(layout)
    write_layout(path, layout)
    return layout


@pytest.mark.parametrize("name", list(REFUSED))
def test_is_refused_by_name(name: str, tmp_path: Path, table: dict[str, list[str]]) -> None:
    layout_of(name, tmp_path)
    with pytest.raises(Corrupt, match=REFUSED[name]) as caught:
        load_encoder(tmp_path, device="cpu")
    table[name] = [str(caught.value).partition("\n")[0]]


@pytest.mark.parametrize("name", ["EmbeddingGemma", "Gemma2"])
def test_is_refused_by_versions_that_get_it_wrong(name: str, tmp_path: Path) -> None:
    layout = BY_NAME[name]
    write_layout(tmp_path, layout)
    if not layout.needs_newer:
        load_encoder(tmp_path, device="cpu")
        return
    with pytest.raises(Corrupt, match=f"needs transformers {layout.since} or newer"):
        load_encoder(tmp_path, device="cpu")


def test_code_of_a_model_is_refused(tmp_path: Path, table: dict[str, list[str]]) -> None:
    """gte-multilingual has the type "new", which transformers does not know."""
    layout_of("BGE-M3", tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    config["model_type"] = "new"
    config["auto_map"] = {"AutoModel": "modeling.NewModel", "AutoConfig": "configuration.NewConfig"}
    (tmp_path / "config.json").write_text(json.dumps(config))
    (tmp_path / "configuration.py").write_text("raise SystemExit('it ran')")
    with pytest.raises(Corrupt, match="Python code of its own") as caught:
        load_encoder(tmp_path, device="cpu")
    table["gte-multilingual"] = [str(caught.value).partition("\n")[0]]


@pytest.mark.parametrize("name", ENCODERS)
def test_loads_and_publishes(name: str, tmp_path: Path, table: dict[str, list[str]]) -> None:
    layout = layout_of(name, tmp_path / "base")
    encoder = load_encoder(tmp_path / "base", device="cpu")
    assert encoder.dim == layout.dim
    original = reference(tmp_path / "base")
    loaded = cosine(encoder.encode(TEXTS), original.encode(TEXTS, normalize_embeddings=True))

    texts = layout.prompts.get("query", ""), layout.prompts.get("document", "")
    choose_prompts(encoder.container, Prompts(*texts))
    encoder.clear_cache()
    save_encoder(tmp_path / "published", encoder)
    published = reference(tmp_path / "published")
    vectors = load_encoder(tmp_path / "published", device="cpu").encode(TEXTS)
    cosines = [
        cosine(encoder.encode(TEXTS), published.encode(TEXTS)),
        cosine(vectors, published.encode_query(TEXTS)),
        cosine(encoder.encode(TEXTS, side="target"), published.encode_document(TEXTS)),
    ]
    if layout.prompts:
        with_prompt = original.encode(TEXTS, prompt=texts[0], normalize_embeddings=True)
        cosines.append(cosine(vectors, with_prompt))
    table[name] = [f"loaded {loaded:.6f}", f"published {min(cosines):.6f}"]
    assert loaded > CLOSE
    assert min(cosines) > CLOSE


def _trained_vectors(
    trained: SentenceTransformer, rows: list[list[int]], pad_id: int
) -> torch.Tensor:
    """Vectors of the model that was trained, in the form in which it was trained."""
    trained.eval()
    order = sorted(range(len(rows)), key=lambda i: len(rows[i]))
    chosen = [rows[i] for i in order]
    packed = compat.attention_implementation(transformer_of(trained)) == ATTENTION
    left_out = Encoder(trained).prompt_length()
    with torch.no_grad():
        vectors = embed(trained, pack(chosen) if packed else pad(chosen, pad_id), left_out)
    result = torch.empty_like(vectors)
    result[order] = vectors
    return result


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[] if name in TRAINED else pytest.mark.slow) for name in ENCODERS],
)
def test_what_is_trained_is_what_is_published(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, table: dict[str, list[str]]
) -> None:
    layout = layout_of(name, tmp_path / "base")
    base = load_encoder(tmp_path / "base", device="cpu")
    texts = layout.prompts.get("query", ""), layout.prompts.get("document", "")
    choose_prompts(base.container, Prompts(*texts))
    save_encoder(tmp_path / "chosen", base)
    ends: list[tuple[SentenceTransformer, Reduction]] = []

    def noted(
        trained: SentenceTransformer, reduction: Reduction, whole: SentenceTransformer
    ) -> None:
        ends.append((trained, reduction))
        restore_vocabulary(trained, reduction, whole)

    monkeypatch.setattr(training, "restore_vocabulary", noted)
    job = tiny_job(tmp_path / "chosen", tmp_path, short(steps=10, dropout=0.1))
    run(job)

    published = reference(job.output)
    encoder = load_encoder(job.output, device="cpu")
    trained, reduction = ends[0]
    sentences = _known_to(reduction, encoder)
    rows = [reduction.reduced(row) for row in encoder.tokenize(sentences)]
    vectors = _trained_vectors(trained, rows, reduction.pad_id).numpy()
    cosines = {
        "trained": cosine(vectors, published.encode(sentences)),
        "reloaded": cosine(encoder.encode(TEXTS), published.encode_query(TEXTS)),
        "unlike its base": cosine(base.encode(TEXTS), encoder.encode(TEXTS)),
    }
    table[f"{name}, 10 steps"] = [f"{key} {value:.6f}" for key, value in cosines.items()]
    assert cosines["trained"] > CLOSE
    assert cosines["reloaded"] > CLOSE
    assert cosines["unlike its base"] < 0.999


def _known_to(reduction: Reduction, encoder: Encoder) -> list[str]:
    """The texts whose tokens were all trained with."""
    kept = set(reduction.token_ids.tolist())
    sentences = []
    for text in ["the red house is old", "the blue boat is new", "the old tree", "red"]:
        (row,) = encoder.tokenize([text])
        if kept.issuperset(row):
            sentences.append(text)
    assert len(sentences) > 2
    return sentences
