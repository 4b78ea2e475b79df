"""MTEB's own Tatoeba task on a published model, from a local file, and `alignment evaluate` on it.

    ALIGNMENT_TATOEBA=tatoeba.tsv.gz python -m benchmarks.mteb_task MODEL

MODEL is a directory that sentence-transformers loads, by default the champion of the quickstart.
`MTEB_LANGUAGES` are the languages (ISO 639-3). Both results are written in MTEB's format, next to
each other, and compared.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from alignment import languages
from alignment.config import LocalCorpus
from alignment.corpora.source import open_source
from alignment.downloads import Downloads
from alignment.pipeline.measure import Bitext, read_bitext
from alignment.report.mteb import alpha3
from benchmarks.catalogs import cache
from benchmarks.harness import measure

QUICKSTART = Path("workspace/registry/quickstart/champion")
LANGUAGES = os.environ.get("MTEB_LANGUAGES", "cym deu fin").split()
COLUMNS = {"source": "eng", "target": "text", "language": "lang"}
KEYS = ("main_score", "accuracy", "f1", "precision", "recall")
console = Console(width=100)


def main() -> None:
    """Measure with both, and print the table and the JSON line."""
    model = Path(sys.argv[1]) if len(sys.argv) > 1 else QUICKSTART
    tatoeba = Path(os.environ.get("ALIGNMENT_TATOEBA", ""))
    if not tatoeba.is_file():
        sys.exit("ALIGNMENT_TATOEBA must name the file of the test sets (columns lang, eng, text)")
    home = cache() / "mteb"
    home.mkdir(parents=True, exist_ok=True)
    corpus = {"kind": "local", "path": str(tatoeba.resolve()), "columns": COLUMNS}
    theirs = theirs_on(model, read_suite(corpus), home / "mteb.json")
    ours = ours_on(model, corpus, home / "ours.json")
    _print(theirs, ours)
    difference = largest_difference(theirs, ours)
    console.print(f"{home}: mteb.json and ours.json; largest difference {difference:.1e}")
    means = {"mteb": _mean(theirs), "ours": _mean(ours)}
    print(json.dumps({**means, "largest_difference": difference}))


def read_suite(corpus: Mapping[str, Any]) -> list[Bitext]:
    """The pairs of each language, each pair once, as `alignment evaluate` measures them."""
    with tempfile.TemporaryDirectory() as downloads:
        source = open_source(LocalCorpus.model_validate(corpus), Downloads(Path(downloads)), "en")
        codes = map(languages.canonical, LANGUAGES)
        return [read_bitext(source, code) for code in codes]


def theirs_on(model: Path, suite: Sequence[Bitext], output: Path) -> dict[str, Any]:
    """MTEB's result."""
    import mteb
    from sentence_transformers import SentenceTransformer

    with tempfile.TemporaryDirectory() as data:
        task = local_task(suite, Path(data))
        encoder = SentenceTransformer(str(model), device="cpu")
        results = mteb.evaluate(encoder, task, cache=None, show_progress_bar=False)
    content: dict[str, Any] = results.task_results[0].to_dict()
    output.write_text(json.dumps(content, indent=2))
    return content


def local_task(suite: Sequence[Bitext], data: Path) -> Any:
    """MTEB's Tatoeba with these pairs, which are written to the directory `data`."""
    import mteb

    lines = []
    for bitext in suite:
        for english, other in zip(bitext.sources, bitext.targets, strict=True):
            row = {"sentence1": other, "sentence2": english, "lang": subset_of(bitext)}
            lines.append(json.dumps(row) + "\n")
    (data / "test.jsonl").write_text("".join(lines))
    task_class: Any = type(mteb.get_task("Tatoeba"))
    place = {"path": str(data), "revision": "local"}

    class LocalTatoeba(task_class):  # type: ignore[misc]
        metadata = task_class.metadata.model_copy(update={"dataset": place})

    task = LocalTatoeba()
    task.hf_subsets = [subset_of(bitext) for bitext in suite]
    return task


def subset_of(bitext: Bitext) -> str:
    """MTEB's name of the pairs, such as cym-eng."""
    return f"{alpha3(bitext.language)}-eng"


def ours_on(model: Path, corpus: Mapping[str, Any], output: Path) -> dict[str, Any]:
    """The result of `alignment evaluate --mteb`."""
    command: list[str | Path] = [sys.executable, "-m", "alignment", "evaluate", model]
    command += ["--suite", json.dumps(corpus), "--mteb", output]
    for code in LANGUAGES:
        command += ["--language", code]
    measure(command, memory=False)
    content: dict[str, Any] = json.loads(output.read_text())
    return content


def scores_of(result: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The scores of a result by the name of the pairs."""
    return {entry["hf_subset"]: entry for entry in result["scores"]["test"]}


def largest_difference(theirs: Mapping[str, Any], ours: Mapping[str, Any]) -> float:
    """Over all pairs and scores."""
    actual = scores_of(ours)
    differences: list[float] = []
    for subset, scores in scores_of(theirs).items():
        differences += [abs(scores[key] - actual[subset][key]) for key in KEYS]
    return max(differences)


def _mean(result: Mapping[str, Any]) -> float:
    scores: list[float] = [entry["main_score"] for entry in scores_of(result).values()]
    return round(sum(scores) / len(scores), 6)


def _print(theirs: Mapping[str, Any], ours: Mapping[str, Any]) -> None:
    table = Table(title="Tatoeba, to English, in %")
    for title in ("pairs of", "F1, MTEB", "F1, ours", "accuracy, MTEB", "accuracy, ours"):
        table.add_column(title, justify="left" if title == "pairs of" else "right")
    actual = scores_of(ours)
    for subset, expected in scores_of(theirs).items():
        cells = []
        for key in ("f1", "accuracy"):
            cells += [f"{100 * expected[key]:.2f}", f"{100 * actual[subset][key]:.2f}"]
        table.add_row(subset, *cells)
    console.print(table)


if __name__ == "__main__":
    main()
