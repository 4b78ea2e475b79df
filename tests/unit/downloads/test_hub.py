"""Snapshots from a loopback server that speaks the Hub's protocol."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from alignment.config import ScratchEncoder
from alignment.encoder.container import new_container
from alignment.encoder.directory import load_encoder, save_encoder
from alignment.encoder.encoder import Encoder
from alignment.encoder.scratch import scratch_encoder
from tests.hub_server import HubHandler, serving

SHA = "0123456789abcdef0123456789abcdef01234567"
MODEL = "demo/encoder"
REFUSALS: dict[str, tuple[int, dict[str, str]]] = {
    "demo/gated": (403, {"X-Error-Code": "GatedRepo"}),
    "demo/gated-without-token": (401, {"X-Error-Code": "GatedRepo"}),
    "demo/private": (401, {}),
    "demo/forbidden": (403, {}),
    "demo/disabled": (403, {"X-Error-Message": "Access to this resource is disabled."}),
}
"""How the server answers for these repositories."""


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("repository")
    config = ScratchEncoder(
        source="scratch", vocab_size=100, hidden_size=16, num_layers=1, num_heads=2, max_tokens=16
    )
    parts = scratch_encoder(["a red house", "the green tree is old"], config, seed=1)
    save_encoder(path, Encoder(new_container(*parts, 128, path.parent / "transformers")))
    (path / "pytorch_model.bin").write_bytes(b"a pickle")
    (path / "chat_template.jinja").write_text("{{ messages }}")
    (path / "onnx").mkdir()
    (path / "onnx/config.json").write_text("{}")
    (path / "modeling.py").write_text("raise SystemExit('code of the model ran')")
    return path


@pytest.fixture(scope="module")
def hub(repository: Path) -> Iterator[tuple[str, list[str]]]:
    """Address of the server, and the paths that were requested."""
    requested: list[str] = []
    files = [path for path in sorted(repository.rglob("*")) if path.is_file()]

    class Handler(HubHandler):
        def do_GET(self, body: bool = True) -> None:
            path = self.path.partition("?")[0]
            requested.append(path)
            for name, (status, headers) in REFUSALS.items():
                if f"/{name}/" in path:
                    self.answer(b"{}", body, headers, status=status)
                    return
            file = repository / path.removeprefix(f"/{MODEL}/resolve/{SHA}/")
            if path == f"/api/models/{MODEL}/revision/{SHA}":
                self.answer(json.dumps(model_info(repository, files)).encode(), body)
            elif path == f"/api/models/{MODEL}/tree/{SHA}":
                self.answer(json.dumps(tree(repository, files)).encode(), body)
            elif path.startswith(f"/{MODEL}/resolve/{SHA}/") and file.is_file():
                data = file.read_bytes()
                algorithm = "sha256" if file.suffix == ".safetensors" else "sha1"
                tag = f'"{hashlib.new(algorithm, data).hexdigest()}"'
                self.answer(data, body, {"ETag": tag, "X-Repo-Commit": SHA})
            elif path.startswith(f"/api/models/{MODEL}/"):
                self.answer(b"{}", body, {"X-Error-Code": "RevisionNotFound"}, status=404)
            else:
                self.answer(b"{}", body, {"X-Error-Code": "RepoNotFound"}, status=404)

    with serving(Handler) as url:
        yield url, requested


def model_info(root: Path, files: list[Path]) -> dict[str, object]:
    siblings = [{"rfilename": path.relative_to(root).as_posix()} for path in files]
    return {"_id": "1", "id": MODEL, "sha": SHA, "siblings": siblings, "private": False}


def tree(root: Path, files: list[Path]) -> list[dict[str, object]]:
    return [
        {
            "type": "file",
            "path": path.relative_to(root).as_posix(),
            "size": path.stat().st_size,
            "oid": "0" * 40,
        }
        for path in files
    ]


CODE = """
import json, sys
from pathlib import Path
from alignment.downloads.hub import snapshot
for model, revision, cache, options in json.loads(sys.argv[1]):
    try:
        path = snapshot(model, revision, Path(cache), **options)
    except Exception as error:
        print(json.dumps(f"{type(error).__name__} {error}"))
    else:
        print(json.dumps(str(path)))
"""


def fetch_all(
    endpoint: str, root: Path, *calls: tuple[str, str, str, dict[str, bool]]
) -> list[str]:
    """The directory or the error of each call, which are model, revision, cache and options.

    They run in one fresh process, because the libraries read `HF_ENDPOINT` on import.
    """
    environment = {
        **os.environ,
        "HF_ENDPOINT": endpoint,
        "HF_HUB_DISABLE_XET": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_HOME": str(root / "home"),
        "HF_HUB_OFFLINE": "0",
    }
    environment.pop("HF_TOKEN", None)
    arguments = [(model, sha, str(root / cache), options) for model, sha, cache, options in calls]
    process = subprocess.run(
        [sys.executable, "-c", CODE, json.dumps(arguments)],
        capture_output=True,
        text=True,
        env=environment,
        timeout=240,
        check=False,
    )
    assert process.returncode == 0, process.stderr
    return [json.loads(line) for line in process.stdout.splitlines()]


@pytest.fixture(scope="module")
def outputs(hub: tuple[str, list[str]], tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What came of each call, by its name."""
    root = tmp_path_factory.mktemp("fetched")
    calls: dict[str, tuple[str, str, str, dict[str, bool]]] = {
        "offline before": (MODEL, SHA, "plain", {"offline": True}),
        "plain": (MODEL, SHA, "plain", {}),
        "offline after": (MODEL, SHA, "plain", {"offline": True}),
        "code": (MODEL, SHA, "code", {"with_code": True}),
        "revision": (MODEL, "f" * 40, "plain", {}),
        "demo/none": ("demo/none", SHA, "plain", {}),
        "./models/e5": ("./models/e5", SHA, "plain", {}),
    }
    for name in REFUSALS:
        calls[name] = (name, SHA, "plain", {})
    return dict(zip(calls, fetch_all(hub[0], root, *calls.values()), strict=True))


def files_in(directory: str) -> set[str]:
    root = Path(directory)
    return {file.relative_to(root).as_posix() for file in root.rglob("*") if file.is_file()}


def test_a_pinned_commit_without_pickle_and_code(
    outputs: dict[str, str], hub: tuple[str, list[str]]
) -> None:
    assert load_encoder(outputs["plain"], device="cpu").encode(["a red house"]).shape == (1, 16)
    files = files_in(outputs["plain"])
    assert not [name for name in files if name.endswith((".bin", ".py"))]
    assert not [path for path in hub[1] if path.endswith(".bin")]


def test_module_folders_and_chat_templates(outputs: dict[str, str]) -> None:
    files = files_in(outputs["plain"])
    assert {"1_Pooling/config.json", "modules.json", "chat_template.jinja"} <= files
    assert not [file for file in files if file.startswith("onnx/")]


def test_code_only_if_it_is_trusted(outputs: dict[str, str]) -> None:
    assert files_in(outputs["code"]) == files_in(outputs["plain"]) | {"modeling.py"}


def test_offline(outputs: dict[str, str]) -> None:
    assert outputs["offline before"].startswith(f"Unavailable {MODEL}@0123456789ab: the model is ")
    assert "not in the cache, and this run is offline" in outputs["offline before"]
    assert outputs["offline after"] == outputs["plain"]


@pytest.mark.parametrize("name", [name for name in REFUSALS if name != "demo/disabled"])
def test_no_access(outputs: dict[str, str], hub: tuple[str, list[str]], name: str) -> None:
    assert outputs[name].startswith(f"ConfigError {name}@0123456789ab: ")
    assert f"accept its license at {hub[0]}/{name} and set HF_TOKEN" in outputs[name]
    assert ("the model is gated" in outputs[name]) == ("gated" in name)


def test_a_disabled_model(outputs: dict[str, str]) -> None:
    assert "the Hub has disabled this model" in outputs["demo/disabled"]


def test_a_name_that_is_none(outputs: dict[str, str]) -> None:
    output = outputs["./models/e5"]
    assert output.startswith("ConfigError encoder.model: not a repository id: './models/e5'")
    assert "source: local" in output


def test_a_missing_revision(outputs: dict[str, str]) -> None:
    output = outputs["revision"]
    assert output.startswith(f"ConfigError {MODEL}@ffffffffffff: the model has no such revision")


def test_a_missing_model(outputs: dict[str, str]) -> None:
    assert outputs["demo/none"].startswith("ConfigError demo/none@")
    assert "`encoder.model`" in outputs["demo/none"]


def test_a_damaged_file_of_the_cache_is_fetched_again(
    outputs: dict[str, str], hub: tuple[str, list[str]], tmp_path: Path
) -> None:
    cache = tmp_path / "cache"
    repository = Path(outputs["plain"]).parents[1]
    shutil.copytree(repository, cache / repository.name, symlinks=True)
    weights = cache / repository.name / "snapshots" / SHA / "model.safetensors"
    whole = weights.read_bytes()
    weights.resolve().write_bytes(b"X" + whole[1:])
    call = (MODEL, SHA, "cache", {"offline": True})
    offline, online = fetch_all(hub[0], tmp_path, call, (MODEL, SHA, "cache", {}))
    assert "not in the cache, and this run is offline" in offline
    assert Path(online) == weights.parent
    assert weights.read_bytes() == whole


@pytest.mark.slow
def test_a_hub_that_does_not_answer(tmp_path: Path) -> None:
    (output,) = fetch_all("http://127.0.0.1:9", tmp_path, (MODEL, SHA, "cache", {}))
    assert output.startswith("Unavailable") and "cannot reach the Hub" in output
