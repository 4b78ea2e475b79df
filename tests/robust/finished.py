"""The workspace of a finished run that used every stage, which cases copy and damage."""

from __future__ import annotations

import functools
import json
import os
import shutil
from pathlib import Path
from typing import NamedTuple

from alignment.files import tree_digests
from alignment.pipeline.history import last_run
from alignment.registry import Registry
from alignment.store import load_artifact
from tests.robust.case import Said, calm, cli
from tests.soak.places import UNSTABLE
from tests.support import TINY

NAME = "robust"
CONFIG = """
name: robust
pivot: en
encoder:
  {source: scratch, vocab_size: 400, hidden_size: 32, num_layers: 1, num_heads: 2, max_tokens: 24}
corpora:
  - {kind: local, name: tiny, path: tiny.tsv, license: MIT, columns: {source: en, target: "{lang}"}}
languages:
  es: {}
  ru: {}
holdout: {share: 0.2}
clean: {semantic: measure}
train: {steps: 12, batch_size: 16, learning_rate: 3.0e-3, dropout: 0.0, average_with_base: 0.1}
evaluate:
  {mixed_pool: true, hard_pool: true, retrieval: {help: {kind: retrieval, path: "help/{lang}"}}}
gate: {floor: 0.01, min_queries: 10, alpha: 1.0e-15}
"""
DOCUMENTS = ["The file is new.", "Open the door", "Print all pages", "Cancel", "Two words"]
QUERIES = ["El archivo es nuevo.", "Cancelar"]


class Finished(NamedTuple):
    """A directory with the configuration, the corpus, and the workspace of a run."""

    root: Path
    artifacts: dict[str, dict[str, str]]
    """sha256 of the stable files by `stage label key`."""
    versions: dict[str, str]

    @property
    def workspace(self) -> Path:
        """`--workspace`."""
        return self.root / "workspace"

    def copied(self, folder: Path) -> Finished:
        """The same in another directory."""
        return self._replace(root=Path(shutil.copytree(self.root, folder / "p", symlinks=True)))

    def run(self, *words: str) -> Said:
        """The pipeline, in this directory."""
        return cli("run", self.root / "robust.yaml", "--workspace", self.workspace, *words)


def prepare(root: Path) -> Path:
    """Write the configuration, the corpus and the retrieval suite."""
    root.mkdir(parents=True)
    (root / "robust.yaml").write_text(CONFIG)
    shutil.copy(TINY, root / "tiny.tsv")
    (root / "docs.txt").write_text("One text\nAnother text\n" * 50)
    suite = root / "help" / "es"
    (suite / "qrels").mkdir(parents=True)
    lines = [json.dumps({"_id": f"d{i}", "text": text}) for i, text in enumerate(DOCUMENTS)]
    (suite / "corpus.jsonl").write_text("\n".join(lines))
    lines = [json.dumps({"_id": f"q{i}", "text": text}) for i, text in enumerate(QUERIES)]
    (suite / "queries.jsonl").write_text("\n".join(lines))
    judged = "query-id\tcorpus-id\tscore\nq0\td0\t1\nq1\td3\t1\n"
    (suite / "qrels" / "test.tsv").write_text(judged)
    return root


@functools.cache
def finished(base: Path) -> Finished:
    """Run the pipeline once, and once more, which reuses everything.

    ROBUST_FINISHED is a directory where it has been done before.
    """
    earlier = os.environ.get("ROBUST_FINISHED")
    if earlier:
        place = Finished(Path(shutil.copytree(earlier, base / "finished", symlinks=True)), {}, {})
    else:
        place = Finished(prepare(base / "finished"), {}, {})
        for _ in range(2):
            calm(place.run(), codes=(0,))
    return place._replace(artifacts=artifacts(place.workspace), versions=versions(place.workspace))


def artifacts(workspace: Path) -> dict[str, dict[str, str]]:
    """Of the last run, read from the disk with every byte."""
    result = {}
    for record in last_run(workspace).summary.stages:
        path = workspace / "store" / record.stage / record.key
        files = load_artifact(path).files
        assert files.items() <= tree_digests(path).items(), f"{path} is damaged"
        if record.stage != "report":
            stable = {name: files[name] for name in files if name not in UNSTABLE}
            result[f"{record.stage} {record.label} {record.key}"] = stable
    return result


def versions(workspace: Path) -> dict[str, str]:
    """Digests of the published versions by name."""
    return {
        version.name: version.digest
        for version in Registry(workspace / "registry", NAME).versions()
    }
