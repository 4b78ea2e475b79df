"""What others make of a published model: transformers, the Hub, and MTEB."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pytest

import alignment
from alignment.config import HubRepository, LocalCorpus
from alignment.corpora.source import open_source
from alignment.downloads import Downloads
from alignment.integrations.hub_push import push
from alignment.pipeline.measure import Bitext, read_bitext
from alignment.registry import Registry
from benchmarks.mteb_task import largest_difference, local_task, scores_of
from tests.hub_repositories import TOKEN, Hub
from tests.support import TINY, Cli, run_here

TEXTS = ["The doctor drinks hot tea in the morning.", "医者は朝に熱いお茶を飲みます。"]
SUITE = f'{{kind: local, path: "{TINY}", columns: {{source: en, target: "{{lang}}"}}}}'
REPOSITORY = "team/smoke"


def champion(workspace: Path) -> Path:
    return (workspace / "registry" / "smoke" / "champion").resolve()


def test_auto_model_gives_our_vectors(finished: Path) -> None:
    """transformers alone, pooled as the model card says: mean, then unit length."""
    import torch
    from transformers import AutoModel, AutoTokenizer

    path = champion(finished)
    tokenizer = AutoTokenizer.from_pretrained(path)
    model = AutoModel.from_pretrained(path).eval()
    batch = tokenizer(TEXTS, padding=True, truncation=True, max_length=32, return_tensors="pt")
    with torch.no_grad():
        states = model(**batch).last_hidden_state  # (B, T, H)
    mask = batch["attention_mask"].unsqueeze(-1)
    pooled = (states * mask).sum(dim=1) / mask.sum(dim=1)
    theirs = torch.nn.functional.normalize(pooled, dim=1).numpy()
    ours = alignment.load_encoder(path).encode(TEXTS)
    assert np.allclose(ours, theirs, atol=1e-5)


@pytest.fixture(scope="module")
def hub(finished: Path) -> Iterator[Hub]:
    """A Hub that the published model was pushed to."""
    patch = pytest.MonkeyPatch()
    version = Registry(finished / "registry", "smoke").get("champion")
    with Hub().serving() as server, patch.context() as environment:
        environment.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", True)
        environment.setenv("HF_ENDPOINT", server.url)
        environment.setenv("HF_TOKEN", TOKEN)
        push(version, version, HubRepository(repo_id=REPOSITORY))
        yield server


def test_evaluate_measures_a_model_of_the_hub(
    hub: Hub, finished: Path, tmp_path: Path, new_process: Cli, capsys: pytest.CaptureFixture[str]
) -> None:
    """A private model at its tag's commit; the token comes from the environment."""
    commit = hub.repositories[REPOSITORY].tags["v1"]
    asked = ("--suite", SUITE, "--language", "es", "--json")
    # A new process, because huggingface_hub reads the address when it is imported.
    environment = {
        "HF_ENDPOINT": hub.url,
        "HF_TOKEN": TOKEN,
        "HF_HUB_DISABLE_XET": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_HUB_OFFLINE": "0",
        "HF_HOME": str(tmp_path / "home"),
    }
    words = ("evaluate", f"{REPOSITORY}@{commit}", *asked, "--workspace", tmp_path / "w")
    done = new_process(*words, env=environment)
    assert done.returncode == 0, done.stderr
    assert run_here("evaluate", champion(finished), *asked, workspace=tmp_path / "w") == 0
    (theirs,) = json.loads(done.stdout).values()
    (ours,) = json.loads(capsys.readouterr().out).values()
    assert theirs == ours
    assert f"GET /{REPOSITORY}/resolve/{commit}/model.safetensors" in hub.requests


def test_readers_of_the_branch_champion_get_the_version(hub: Hub, finished: Path) -> None:
    repository = hub.repositories[REPOSITORY]
    files = repository.commits[repository.branches["champion"]]
    assert {"model.safetensors", "modules.json", "README.md", "manifest.json"} <= files.keys()
    for name in files.keys() - {".gitattributes", "manifest.json"}:
        assert (champion(finished) / name).read_bytes() == files[name]


@pytest.mark.slow  # importing mteb takes ten seconds
def test_mteb_measures_what_we_measure(
    finished: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its own Tatoeba task on a local file, and its JSON beside ours."""
    mteb = pytest.importorskip("mteb", reason="needs the extra `bench`")
    from mteb.results import TaskResult
    from sentence_transformers import SentenceTransformer

    languages = {"es": "spa-eng", "ru": "rus-eng", "ja": "jpn-eng"}
    data = tmp_path / "data"
    data.mkdir()
    task = local_task(tiny_pairs(languages, tmp_path), data)
    model = SentenceTransformer(str(champion(finished)), device="cpu")
    results = mteb.evaluate(model, task, cache=None, show_progress_bar=False)
    theirs = results.task_results[0].to_dict()

    output = tmp_path / "ours.json"
    chosen: list[str] = []
    for language in languages:
        chosen += ("--language", language)
    asked = ("evaluate", champion(finished), "--suite", SUITE, "--mteb", output)
    assert run_here(*asked, *chosen, workspace=tmp_path / "w") == 0
    ours = json.loads(output.read_text())

    assert scores_of(ours).keys() == scores_of(theirs).keys() == set(languages.values())
    assert largest_difference(theirs, ours) <= 1e-6
    for subset, scores in scores_of(theirs).items():
        assert scores_of(ours)[subset]["languages"] == scores["languages"]
    assert TaskResult.from_disk(output).get_score() == pytest.approx(
        results.task_results[0].get_score(), abs=1e-6
    )


def tiny_pairs(codes: Iterable[str], directory: Path) -> list[Bitext]:
    """The tiny corpus, each pair once."""
    columns = {"source": "en", "target": "{lang}"}
    corpus = LocalCorpus.model_validate({"kind": "local", "path": TINY, "columns": columns})
    source = open_source(corpus, Downloads(directory / "downloads"), "en")
    return [read_bitext(source, code) for code in codes]
