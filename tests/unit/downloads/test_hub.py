"""The hub's protocol, spoken by a loopback server: a pinned commit is fetched, and only what is safe."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from alignment.config import ScratchEncoder
from alignment.encoder.directory import save_encoder
from alignment.encoder.encoder import Settings
from alignment.encoder.scratch import scratch_encoder
from tests.hub_server import HubHandler, serving

SHA = "0123456789abcdef0123456789abcdef01234567"
MODEL = "demo/encoder"


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("repository")
    config = ScratchEncoder(
        source="scratch", vocab_size=100, hidden_size=16, num_layers=1, num_heads=2, max_tokens=16
    )
    save_encoder(
        path, *scratch_encoder(["a red house", "the green tree is old"], config, seed=1), Settings()
    )
    (path / "pytorch_model.bin").write_bytes(b"a pickle")
    (path / "modeling.py").write_text("raise SystemExit('code of the model ran')")
    return path


@pytest.fixture(scope="module")
def hub(repository: Path) -> Iterator[tuple[str, list[str]]]:
    asked: list[str] = []

    class Handler(HubHandler):
        def do_GET(self, body: bool = True) -> None:
            path = self.path.partition("?")[0]
            asked.append(path)
            if path == f"/api/models/{MODEL}/revision/{SHA}":
                files = [
                    {"rfilename": p.relative_to(repository).as_posix()}
                    for p in repository.rglob("*")
                    if p.is_file()
                ]
                return self.answer(
                    json.dumps(
                        {"_id": "1", "id": MODEL, "sha": SHA, "siblings": files, "private": False}
                    ).encode(),
                    body,
                )
            if path == f"/api/models/{MODEL}/tree/{SHA}":
                listed = [
                    {
                        "type": "file",
                        "path": p.relative_to(repository).as_posix(),
                        "size": p.stat().st_size,
                        "oid": "0" * 40,
                    }
                    for p in repository.rglob("*")
                    if p.is_file()
                ]
                return self.answer(json.dumps(listed).encode(), body)
            file = repository / path.removeprefix(f"/{MODEL}/resolve/{SHA}/")
            if path.startswith(f"/{MODEL}/resolve/{SHA}/") and file.is_file():
                data = file.read_bytes()
                return self.answer(
                    data,
                    body,
                    {"ETag": f'"{hashlib.sha1(data).hexdigest()}"', "X-Repo-Commit": SHA},
                )
            code = (
                "RevisionNotFound" if path.startswith(f"/api/models/{MODEL}/") else "RepoNotFound"
            )
            return self.answer(b"{}", body, {"X-Error-Code": code}, status=404)

    with serving(Handler) as url:
        yield url, asked


CODE = """
import sys
from pathlib import Path
from alignment.downloads.hub import snapshot
from alignment.encoder.directory import load_encoder
try:
    path = snapshot(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
except Exception as error:
    print(type(error).__name__, error)
else:
    print("vector", load_encoder(path).encode(["a red house"]).shape)
"""


def fetch(endpoint: str, cache: Path, model: str = MODEL, revision: str = SHA) -> str:
    environment = {
        **os.environ,
        "HF_ENDPOINT": endpoint,
        "HF_HUB_DISABLE_XET": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_HOME": str(cache / "home"),
        "HF_HUB_OFFLINE": "0",
    }
    done = subprocess.run(
        [sys.executable, "-c", CODE, model, revision, str(cache)],
        capture_output=True,
        text=True,
        env=environment,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_pinned_commit_is_fetched_and_neither_pickle_nor_code(
    hub: tuple[str, list[str]], tmp_path: Path
) -> None:
    endpoint, asked = hub
    assert fetch(endpoint, tmp_path) == "vector (1, 16)"
    assert any(path.endswith("model.safetensors") for path in asked)
    assert not [path for path in asked if path.endswith((".bin", ".py"))]
    assert not list(tmp_path.rglob("*.bin")) and not list(tmp_path.rglob("modeling.py"))


def test_what_does_not_exist_and_a_hub_that_is_away(
    hub: tuple[str, list[str]], tmp_path: Path
) -> None:
    assert fetch(hub[0], tmp_path, revision="f" * 40).startswith(
        f"ConfigError {MODEL}@ffffffffffff: the model has no such revision"
    )
    assert fetch(hub[0], tmp_path, model="demo/none").startswith("ConfigError demo/none@")
    assert fetch("http://127.0.0.1:9", tmp_path).startswith("Unavailable")
