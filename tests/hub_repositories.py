"""A Hub on loopback that speaks its commit API, with faults chosen per request.

It holds repositories with commits, branches, tags and large files, and serves them for downloads.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal
from urllib.parse import unquote, urlsplit

TOKEN = "hf_LoopbackToken0123456789"
LARGE = (".safetensors", ".bin", ".model")
Files = dict[str, bytes]
Fault = Literal["401", "403", "409", "412", "429", "500", "502", "cut", "lost"]
"""`cut`: the connection ends before the answer, and nothing was done. `lost`: it was done, and the
answer does not arrive."""


@dataclass
class Repository:
    """Commits by hash, and the names that point to them."""

    private: bool
    commits: dict[str, Files] = field(default_factory=dict)
    branches: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    log: list[tuple[str, str]] = field(default_factory=list)
    """Branch and message of each commit."""

    def commit(self, branch: str, files: Files, message: str) -> str:
        content = json.dumps([len(self.commits), sorted(files)]).encode()
        oid = hashlib.sha1(content).hexdigest()
        self.commits[oid] = files
        self.branches[branch] = oid
        self.log.append((branch, message))
        return oid

    def resolve(self, revision: str) -> str | None:
        names = {**self.branches, **self.tags, **{oid: oid for oid in self.commits}}
        return names.get(revision)


@dataclass
class Hub:
    """The server. `fault` chooses by `METHOD path`, and its number, what goes wrong."""

    fault: Callable[[str, int], Fault | None] = lambda request, number: None
    ignored: tuple[str, ...] = ()
    """Files that a .gitignore leaves out."""
    repositories: dict[str, Repository] = field(default_factory=dict)
    stored: Files = field(default_factory=dict)
    """Large files by sha256."""
    requests: list[str] = field(default_factory=list)
    uploads: list[str] = field(default_factory=list)
    """sha256 of each large file that was sent."""
    url: str = ""

    @contextmanager
    def serving(self) -> Iterator[Hub]:
        server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        server.daemon_threads = True
        self.url = f"http://127.0.0.1:{server.server_address[1]}"
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()


def _handler(hub: Hub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # which waits 40 ms between the headers and the body

        def log_message(self, *args: object) -> None:
            pass

        def do_HEAD(self) -> None:
            self.handle_request("HEAD")

        def do_GET(self) -> None:
            self.handle_request("GET")

        def do_PUT(self) -> None:
            self.handle_request("PUT")

        def do_POST(self) -> None:
            self.handle_request("POST")

        def handle_request(self, method: str) -> None:
            path = unquote(urlsplit(self.path).path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            request = f"{method} {path}"
            hub.requests.append(request)
            fault = hub.fault(request, hub.requests.count(request))
            if fault == "cut":
                self.close_connection = True
                self.connection.close()
                return
            if fault is not None and fault != "lost":
                headers = {"Retry-After": "0"} if fault == "429" else {}
                self.answer(int(fault), {"error": f"fault {fault}"}, headers)
                return
            result = self.result(method, path, body)
            if fault == "lost":
                self.close_connection = True
                self.connection.close()
                return
            self.answer(*result)

        def result(self, method: str, path: str, body: bytes) -> tuple[Any, ...]:
            if path.startswith("/storage/") and method == "PUT":
                return self.store(path.removeprefix("/storage/"), body)
            if self.headers.get("Authorization") != f"Bearer {TOKEN}":
                return 401, {"error": "Invalid credentials in Authorization header"}
            if path == "/api/validate-yaml":
                return 200, {"errors": [], "warnings": []}
            if path == "/api/repos/create":
                return self.create(json.loads(body))
            match = re.fullmatch(r"(?:/api/models)?/([^/]+/[^/]+?)(?:\.git)?(?:/(.*))?", path)
            name, rest = match.groups() if match else ("", "")
            repository = hub.repositories.get(name)
            if repository is None:
                return 404, {"error": "Repository not found"}, {"X-Error-Code": "RepoNotFound"}
            action, _, argument = (rest or "").partition("/")
            return self.act(name, repository, action, argument, body)

        def store(self, oid: str, body: bytes) -> tuple[Any, ...]:
            if hashlib.sha256(body).hexdigest() != oid:
                return 400, {"error": "the content has another sha256"}
            hub.stored[oid] = body
            hub.uploads.append(oid)
            return 200, {}

        def create(self, request: dict[str, Any]) -> tuple[Any, ...]:
            name = f"{request['organization']}/{request['name']}"
            if name in hub.repositories:
                return 409, {"error": "You already created this model repo", "url": hub.url}
            private = request.get("visibility") == "private" or request.get("private") is True
            repository = Repository(private)
            repository.commit("main", {".gitattributes": b"*.safetensors lfs\n"}, "initial")
            hub.repositories[name] = repository
            return 200, {"url": f"{hub.url}/{name}", "name": name, "id": name}

        def act(
            self, name: str, repository: Repository, action: str, argument: str, body: bytes
        ) -> tuple[Any, ...]:
            if action == "refs":
                return 200, refs(repository)
            if action == "info":
                return self.batch(json.loads(body))
            if action == "branch":
                start = json.loads(body).get("startingPoint", "main")
                return self.point(repository.branches, argument, repository.resolve(start))
            if action == "tag":
                tag = json.loads(body)["tag"]
                return self.point(repository.tags, tag, repository.resolve(argument))
            revision, _, file = argument.partition("/")
            oid = repository.resolve(revision)
            if oid is None:
                return 404, {"error": "no such revision"}, {"X-Error-Code": "RevisionNotFound"}
            files = repository.commits[oid]
            if action == "revision":
                siblings = [{"rfilename": path} for path in files]
                return 200, {"_id": "1", "id": name, "sha": oid, "siblings": siblings}
            if action == "tree":
                return 200, [entry(path, data) for path, data in files.items()]
            if action == "preupload":
                return 200, {
                    "files": [self.mode(item, files) for item in json.loads(body)["files"]]
                }
            if action == "commit":
                return self.commit(name, repository, revision, body)
            if action == "resolve" and file in files:
                data = files[file]
                tag = hashlib.sha256(data).hexdigest() if large(file) else git_hash(data)
                return 200, data, {"ETag": f'"{tag}"', "X-Repo-Commit": oid}
            return 404, {"error": "no such file"}, {"X-Error-Code": "EntryNotFound"}

        def mode(self, item: dict[str, Any], files: Files) -> dict[str, Any]:
            path = item["path"]
            oid = entry(path, files[path])["oid"] if path in files else None
            if path in files and large(path):
                oid = hashlib.sha256(files[path]).hexdigest()
            return {
                "path": path,
                "uploadMode": "lfs" if large(path) else "regular",
                "shouldIgnore": path in hub.ignored,
                "oid": oid,
            }

        def batch(self, request: dict[str, Any]) -> tuple[Any, ...]:
            objects = []
            for item in request["objects"]:
                if item["oid"] in hub.stored:
                    objects.append(dict(item))
                else:
                    upload = {"href": f"{hub.url}/storage/{item['oid']}"}
                    objects.append({**item, "actions": {"upload": upload}})
            return 200, {"transfer": "basic", "objects": objects}

        def commit(
            self, name: str, repository: Repository, branch: str, body: bytes
        ) -> tuple[Any, ...]:
            header, *operations = [json.loads(line) for line in body.splitlines()]
            head = repository.branches[branch]
            if header["value"].get("parentCommit", head) != head:
                return 412, {"error": "the branch has moved"}
            files = dict(repository.commits[head])
            for operation in operations:
                value = operation["value"]
                if operation["key"] == "file":
                    files[value["path"]] = base64.b64decode(value["content"])
                elif operation["key"] == "lfsFile":
                    if value["oid"] not in hub.stored:
                        return 400, {"error": f"LFS object {value['oid']} was not uploaded"}
                    files[value["path"]] = hub.stored[value["oid"]]
                else:
                    del files[value["path"]]
            oid = repository.commit(branch, files, header["value"]["summary"])
            return 200, {"commitOid": oid, "commitUrl": f"{hub.url}/{name}/commit/{oid}"}

        def point(self, names: dict[str, str], name: str, oid: str | None) -> tuple[Any, ...]:
            if oid is None:
                return 404, {"error": "no such revision"}, {"X-Error-Code": "RevisionNotFound"}
            if name in names:
                return 409, {"error": "it exists"}
            names[name] = oid
            return 200, {}

        def answer(self, status: int, content: Any, headers: dict[str, str] | None = None) -> None:
            is_json = not isinstance(content, bytes)
            data = json.dumps(content).encode() if is_json else content
            self.send_response(status)
            defaults = {"Content-Length": str(len(data)), "Content-Type": "application/json"}
            for key, value in {**defaults, **(headers or {})}.items():
                self.send_header(key, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(data)

    return Handler


def large(path: str) -> bool:
    return path.endswith(LARGE)


def git_hash(data: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


def entry(path: str, data: bytes) -> dict[str, Any]:
    """One file of a listing."""
    listed: dict[str, Any] = {"type": "file", "path": path, "size": len(data)}
    listed["oid"] = git_hash(data)
    if large(path):
        sha256 = hashlib.sha256(data).hexdigest()
        listed["lfs"] = {"oid": sha256, "size": len(data), "pointerSize": 134}
    return listed


def refs(repository: Repository) -> dict[str, Any]:
    return {
        "branches": _refs("heads", repository.branches),
        "converts": [],
        "tags": _refs("tags", repository.tags),
    }


def _refs(kind: str, names: dict[str, str]) -> list[dict[str, str]]:
    return [
        {"name": name, "ref": f"refs/{kind}/{name}", "targetCommit": oid}
        for name, oid in names.items()
    ]
