"""Hard negatives compared with `mine_hard_negatives` of sentence-transformers, which uses faiss.

Both get the same vectors and the same rule: for every anchor, the nearest text that is not its
translation and less similar than the true pair by a relative margin. The pairs are catalog texts
that translate the same English text; each text is in one pair only. Run it with
`python -m benchmarks.mine [PAIRS]`.
"""

from __future__ import annotations

import itertools
import json
import statistics
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rich.console import Console
from rich.table import Table

from alignment import tables
from alignment.encoder.device import fastest_device
from alignment.encoder.directory import load_encoder
from benchmarks.catalogs import all_pairs, cache
from benchmarks.harness import Measured, figures, measure, precisions
from benchmarks.quickstart import data

PAIRS = 100_000
ROUNDS = 2
MARGIN = 0.05
RANKS = 16  # nearest texts considered per anchor


def main() -> None:
    """Measure, and print the table and the JSON line."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else PAIRS
    home = prepare(count)
    runs: dict[str, list[Measured]] = {"ours": [], "peer": []}
    for _ in range(ROUNDS):
        for name, measured in runs.items():
            measured.append(measure([sys.executable, "-m", "benchmarks.mine", name, home]))
    results = {
        name: [json.loads(run.output.splitlines()[-1]) for run in measured]
        for name, measured in runs.items()
    }
    a, b = (np.load(home / f"{name}.npy") for name in runs)
    same = float((a == b).mean())
    vectors = 2 * (home / "anchors.npy").stat().st_size / 2**20
    table = Table(
        title=f"{count:,} pairs, {RANKS} nearest, relative margin {MARGIN}: "
        f"median of {ROUNDS} rounds",
        title_justify="left",
    )
    for column in ("", "search, s", "all, s", "peak MiB above the vectors"):
        table.add_column(column, justify="left" if not column else "right")
    seconds = {
        name: {key: statistics.median(run[key] for run in runs_) for key in ("search", "all")}
        for name, runs_ in results.items()
    }
    above = {
        name: max(run.mebibytes for run in measured) - vectors for name, measured in runs.items()
    }
    for name, title in (("ours", "ours"), ("peer", "mine_hard_negatives, faiss")):
        table.add_row(
            title,
            f"{seconds[name]['search']:.1f}",
            f"{seconds[name]['all']:.1f}",
            f"{above[name]:.0f}",
        )
    console = Console(width=120)
    console.print(table)
    console.print(f"the same negative for {100 * same:.2f}% of the anchors")
    ratios = {
        key: round(seconds["peer"][key] / seconds["ours"][key], 2) for key in ("search", "all")
    }
    figures(
        benchmark="mine",
        unit="s",
        ours=round(seconds["ours"]["all"], 1),
        peer=round(seconds["peer"]["all"], 1),
        ratio=ratios["all"],
        ratio_of_search=ratios["search"],
        same_negatives=round(same, 5),
        ours_mib=round(above["ours"]),
        peer_mib=round(above["peer"]),
        pairs=count,
    )


def prepare(count: int) -> Path:
    """Vectors of distinct catalog texts, computed once, since only the search is measured.

    100,000 pairs take five minutes in bf16, or half an hour on a CPU without it.
    """
    home = cache() / f"mine-{count}"
    if not (home / "done").is_file():
        home.mkdir(parents=True, exist_ok=True)
        pairs = list(itertools.islice(_pairs(), count))
        encoder = load_encoder(
            data().encoder.path / "model", precision=precisions()[0], device=fastest_device()
        )
        for name, texts in zip(("anchors", "positives"), zip(*pairs, strict=True), strict=True):
            np.save(home / f"{name}.npy", encoder.encode(texts))
        (home / "texts.json").write_text(json.dumps(list(zip(*pairs, strict=True))))
        (home / "done").touch()
    return home


def _pairs() -> Iterator[tuple[str, str]]:
    """Pairs of texts that translate the same English text."""
    seen: set[str] = set()
    waiting: dict[str, str] = {}
    for row in tables.read(all_pairs(), ["source", "target"]):
        source, target = row["source"], row["target"]
        if target in seen or not 20 <= len(target) <= 120:
            continue
        seen.add(target)
        if (other := waiting.pop(source, None)) is None:
            waiting[source] = target
        else:
            yield other, target


def run_ours(home: Path) -> dict[str, float]:
    """Our side: the search, and the first candidate that the rule allows. Returns seconds."""
    from alignment.retrieval.neighbors import nearest

    anchors, positives = np.load(home / "anchors.npy"), np.load(home / "positives.npy")
    sources, _ = json.loads((home / "texts.json").read_text())
    started = time.monotonic()
    numbers = {text: i for i, text in enumerate(dict.fromkeys(sources))}
    group = np.array([numbers[text] for text in sources])
    unique = np.unique(group, return_index=True)[1]
    neighbors = nearest(anchors[unique], positives, RANKS + most_positives(group))
    searched = time.monotonic() - started
    # The similarity of each anchor's worst translation sets its margin.
    weakest = np.full(len(unique), np.inf, np.float32)
    np.minimum.at(weakest, group, np.einsum("nd,nd->n", anchors, positives))
    is_positive = group[neighbors.indices] == np.arange(len(unique))[:, None]
    highest = weakest - np.abs(weakest) * MARGIN
    allowed = ~is_positive & (neighbors.similarities <= highest[:, None])
    best = neighbors.indices[np.arange(len(unique)), allowed.argmax(axis=1)]
    first = np.where(allowed.any(axis=1), best, -1)
    chosen = first[group]
    np.save(home / "ours.npy", chosen)
    return {"search": searched, "all": time.monotonic() - started}


def most_positives(group: np.ndarray) -> int:
    """How many translations one anchor has at most: none of them may be its negative."""
    return int(np.bincount(group).max())


def run_peer(home: Path) -> dict[str, float]:
    """The peer's side, with a model that looks the vectors up in a table. Returns seconds."""
    import faiss
    from datasets import Dataset
    from sentence_transformers.util import mine_hard_negatives

    sources, targets = json.loads((home / "texts.json").read_text())
    vectors = {"query": dict(zip(sources, np.load(home / "anchors.npy"), strict=True))}
    vectors["document"] = dict(zip(targets, np.load(home / "positives.npy"), strict=True))
    search: Any = faiss.IndexFlatIP.search
    clock = [0.0]

    def timed(self: object, *arguments: object, **named: object) -> object:
        started = time.monotonic()
        result = search(self, *arguments, **named)
        clock[0] += time.monotonic() - started
        return result

    faiss.IndexFlatIP.search = timed  # type: ignore[method-assign, assignment]

    class VectorTable:
        device = "cpu"

        def get_embedding_dimension(self) -> int:
            return len(next(iter(vectors["query"].values())))

        def similarity_pairwise(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
            return (torch.as_tensor(x) * torch.as_tensor(y)).sum(dim=1)

        def encode_query(self, texts: list[str], **_: object) -> np.ndarray:
            return np.array([vectors["query"][text] for text in texts])

        def encode_document(self, texts: list[str], **_: object) -> np.ndarray:
            return np.array([vectors["document"][text] for text in texts])

    number = {text: i for i, text in enumerate(targets)}
    pairs = Dataset.from_dict({"anchor": sources, "positive": targets})
    started = time.monotonic()
    model: Any = VectorTable()  # it has what the function calls
    triplets = mine_hard_negatives(
        pairs,
        model,
        range_max=RANKS,
        relative_margin=MARGIN,
        num_negatives=1,
        use_faiss=True,
        verbose=False,
        output_format="triplet",
    )
    seconds = time.monotonic() - started
    place = {pair: i for i, pair in enumerate(zip(sources, targets, strict=True))}
    chosen = np.full(len(sources), -1)
    for row in triplets:
        chosen[place[row["anchor"], row["positive"]]] = number[row["negative"]]
    np.save(home / "peer.npy", chosen)
    return {"search": clock[0], "all": seconds}


if __name__ == "__main__":
    if len(sys.argv) > 2:
        print(json.dumps((run_ours if sys.argv[1] == "ours" else run_peer)(Path(sys.argv[2]))))
    else:
        main()
