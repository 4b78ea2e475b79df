"""Snapshots from a loopback server that speaks the Hub's protocol."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from alignment.config import ScratchEncoder
from alignment.encoder.container import new_container
from alignment.encoder.directory import save_encoder
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
                tag = f'"{hashlib.sha1(data).hexdigest()}"'
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
import sys
from pathlib import Path
from alignment.downloads.hub import snapshot
from alignment.encoder.directory import load_encoder
try:
    code = "code" in sys.argv
    offline = "offline" in sys.argv
    path = snapshot(sys.argv[1], sys.argv[2], Path(sys.argv[3]), with_code=code, offline=offline)
except Exception as error:
    print(type(error).__name__, error)
else:
    print("vector", load_encoder(path).encode(["a red house"]).shape)
"""


def fetch(
    endpoint: str, cache: Path, *options: str, model: str = MODEL, revision: str = SHA
) -> str:
    """What a fresh process prints, because the libraries read `HF_ENDPOINT` on import."""
    environment = {
        **os.environ,
        "HF_ENDPOINT": endpoint,
        "HF_HUB_DISABLE_XET": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_HOME": str(cache / "home"),
        "HF_HUB_OFFLINE": "0",
    }
    process = subprocess.run(
        [sys.executable, "-c", CODE, model, revision, str(cache), *options],
        capture_output=True,
        text=True,
        env=environment,
        timeout=120,
        check=False,
    )
    assert process.returncode == 0, process.stderr
    return process.stdout.strip()


def test_a_pinned_commit_without_pickle_and_code(
    hub: tuple[str, list[str]], tmp_path: Path
) -> None:
    endpoint, requested = hub
    assert fetch(endpoint, tmp_path) == "vector (1, 16)"
    assert any(path.endswith("model.safetensors") for path in requested)
    assert not [path for path in requested if path.endswith((".bin", ".py"))]
    assert not list(tmp_path.rglob("*.bin")) and not list(tmp_path.rglob("modeling.py"))


def test_module_folders_and_chat_templates(hub: tuple[str, list[str]], tmp_path: Path) -> None:
    assert fetch(hub[0], tmp_path) == "vector (1, 16)"
    (path,) = tmp_path.glob(f"**/snapshots/{SHA}")
    files = {file.relative_to(path).as_posix() for file in path.rglob("*") if file.is_file()}
    assert {"1_Pooling/config.json", "modules.json", "chat_template.jinja"} <= files
    assert not [file for file in files if file.startswith("onnx/")]


def test_code_only_if_it_is_trusted(hub: tuple[str, list[str]], tmp_path: Path) -> None:
    assert fetch(hub[0], tmp_path, "code") == "vector (1, 16)"
    assert list(tmp_path.rglob("modeling.py"))


def test_offline(hub: tuple[str, list[str]], tmp_path: Path) -> None:
    output = fetch(hub[0], tmp_path, "offline")
    assert output.startswith("Unavailable")
    assert "not in the cache, and this run is offline" in output
    fetch(hub[0], tmp_path)
    assert fetch("http://127.0.0.1:9", tmp_path, "offline") == "vector (1, 16)"


@pytest.mark.parametrize("name", [name for name in REFUSALS if name != "demo/disabled"])
def test_no_access(hub: tuple[str, list[str]], tmp_path: Path, name: str) -> None:
    output = fetch(hub[0], tmp_path, model=name)
    assert output.startswith(f"ConfigError {name}@0123456789ab: ")
    assert f"accept its license at {hub[0]}/{name} and set HF_TOKEN" in output
    if "gated" in name:
        assert "the model is gated" in output


def test_a_disabled_model(hub: tuple[str, list[str]], tmp_path: Path) -> None:
    output = fetch(hub[0], tmp_path, model="demo/disabled")
    assert "the Hub has disabled this model" in output


def test_a_name_that_is_none(tmp_path: Path) -> None:
    output = fetch("http://127.0.0.1:9", tmp_path, model="./models/e5")
    assert output.startswith("ConfigError encoder.model: not a repository id: './models/e5'")
    assert "source: local" in output


def test_a_missing_revision(hub: tuple[str, list[str]], tmp_path: Path) -> None:
    output = fetch(hub[0], tmp_path, revision="f" * 40)
    assert output.startswith(f"ConfigError {MODEL}@ffffffffffff: the model has no such revision")


def test_a_missing_model(hub: tuple[str, list[str]], tmp_path: Path) -> None:
    output = fetch(hub[0], tmp_path, model="demo/none")
    assert output.startswith("ConfigError demo/none@")
    assert "`encoder.model`" in output


def test_a_hub_that_does_not_answer(tmp_path: Path) -> None:
    output = fetch("http://127.0.0.1:9", tmp_path)
    assert output.startswith("Unavailable") and "cannot reach the Hub" in output
