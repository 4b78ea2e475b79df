"""The manifests and the job template of deploy/kubernetes."""

from __future__ import annotations

import asyncio
import json
import re
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from prefect.client.schemas.objects import FlowRun
from prefect.server.schemas.actions import WorkPoolCreate
from prefect.settings import PREFECT_API_URL, temporary_settings
from prefect.utilities.templating import find_placeholders

from alignment.errors import ConfigError
from flows import deploy
from flows.alarm import EMAIL, WEBHOOK
from flows.form import FOLDERS
from tests.image.dockerfile import read
from tests.support import ROOT

DIRECTORY = ROOT / "deploy" / "kubernetes"
TEMPLATE = DIRECTORY / "base-job-template.json"
KUBERNETES = "1.31"
WRITABLE = {"/tmp", "/dev/shm", "/app/workspace", "/var/lib/postgresql/data"}


def documents() -> list[dict[str, Any]]:
    """Every object that `kubectl apply -k` creates from a file."""
    listed = yaml.safe_load((DIRECTORY / "kustomization.yaml").read_text())["resources"]
    found = []
    for name in listed:
        found += list(yaml.safe_load_all((DIRECTORY / name).read_text()))
    return found


def job() -> dict[str, Any]:
    """The Job of a run, with the defaults of the template's variables."""
    template = json.loads(TEMPLATE.read_text())
    values = {
        "name": "run",
        "labels": {"app": "run"},
        "command": ["prefect", "flow-run", "execute"],
    }
    for name, variable in template["variables"]["properties"].items():
        values.setdefault(name, variable.get("default", []))
    manifest = _filled(template["job_configuration"]["job_manifest"], values)
    assert isinstance(manifest, dict)
    return manifest


def _filled(value: Any, values: dict[str, Any]) -> Any:
    if isinstance(value, dict):
        return {key: _filled(entry, values) for key, entry in value.items()}
    if isinstance(value, list):
        return [_filled(entry, values) for entry in value]
    if isinstance(value, str):
        whole = re.fullmatch(r"\{\{ (\w+) \}\}", value)
        if whole:
            return values[whole[1]]
        return re.sub(r"\{\{ (\w+) \}\}", lambda match: str(values[match[1]]), value)
    return value


def pods() -> Iterator[tuple[str, dict[str, Any]]]:
    """The specification of every pod, by the name of what makes it."""
    for document in [*documents(), job()]:
        template = document.get("spec", {}).get("template")
        if template:
            name = document["metadata"].get("name", "run")
            yield name, template["spec"]


def test_every_file_is_listed() -> None:
    listed = yaml.safe_load((DIRECTORY / "kustomization.yaml").read_text())["resources"]
    files = {path.name for path in DIRECTORY.glob("*.yaml")} - {"kustomization.yaml"}
    assert files == set(listed)


def test_the_schemas_of_kubernetes() -> None:
    validate = pytest.importorskip("kubernetes_validate", reason="make test installs it")
    for document in [*documents(), job()]:
        validate.validate(document, KUBERNETES, strict=True)


def test_prefect_accepts_the_job_template() -> None:
    template = json.loads(TEMPLATE.read_text())
    WorkPoolCreate(name=deploy.POOL, type="kubernetes", base_job_template=template)
    used = {entry.name for entry in find_placeholders(json.dumps(template["job_configuration"]))}
    assert used == set(template["variables"]["properties"]), "a variable that changes nothing"
    jsonschema.Draft7Validator.check_schema(template["variables"])
    for variable in template["variables"]["properties"].values():
        if "default" in variable:
            jsonschema.validate(variable["default"], variable)


def test_the_worker_makes_a_job_of_the_template() -> None:
    """The real worker's code, up to the request to the cluster."""
    reason = "pip install prefect-kubernetes kubernetes-validate"
    worker = pytest.importorskip("prefect_kubernetes.worker", reason=reason)
    validate = pytest.importorskip("kubernetes_validate", reason=reason)
    template = json.loads(TEMPLATE.read_text())
    make = worker.KubernetesWorkerJobConfiguration.from_template_and_values
    with temporary_settings({PREFECT_API_URL: "http://server:4200/api"}):
        configuration = asyncio.run(make(template, {"memory": "64Gi", "env": {"A": "1"}}))
        run = FlowRun(id=uuid.uuid4(), flow_id=uuid.uuid4(), name="smoke es,ru 0 steps")
        configuration.prepare_for_flow_run(run)
    manifest = configuration.job_manifest
    validate.validate(manifest, KUBERNETES, strict=True)
    (container,) = manifest["spec"]["template"]["spec"]["containers"]
    assert container["args"] == ["prefect", "flow-run", "execute"]
    assert container["resources"]["limits"]["memory"] == "64Gi"
    variables = {entry["name"]: entry["value"] for entry in container["env"]}
    assert variables["A"] == "1"
    assert variables["PREFECT_API_URL"] == "http://server:4200/api"


def test_pods_run_without_rights() -> None:
    names = []
    for name, pod in pods():
        names.append(name)
        if name == "database":  # its entry point changes the owner of the data, then drops root
            continue
        assert pod["securityContext"]["runAsNonRoot"] is True, name
        for container in pod["containers"]:
            context = container["securityContext"]
            assert context["readOnlyRootFilesystem"] is True, name
            assert context["allowPrivilegeEscalation"] is False, name
            assert context["capabilities"] == {"drop": ["ALL"]}, name
    services = {"database", "server", "deploy", "worker", "watch", "reports"}
    assert set(names) == services | {"run"}


def test_only_volumes_are_written() -> None:
    for name, pod in pods():
        for container in pod["containers"]:
            for mount in container["volumeMounts"]:
                assert mount["mountPath"] in WRITABLE or mount["readOnly"], name


def test_whoever_makes_the_form_has_the_configurations_of_the_runs() -> None:
    """The server refuses a configuration that is not in the form."""
    by_name = dict(pods())
    wanted = mount_of(by_name["run"], "configs")
    assert Path(wanted["mountPath"]).name in FOLDERS
    for name in ("deploy", "watch"):
        assert mount_of(by_name[name], "configs") == wanted, name
        volumes = {volume["name"]: volume for volume in by_name[name]["volumes"]}
        assert volumes["configs"] in by_name["run"]["volumes"], name


def mount_of(pod: dict[str, Any], name: str) -> dict[str, Any]:
    (container,) = pod["containers"]
    (mount,) = [mount for mount in container["volumeMounts"] if mount["name"] == name]
    assert isinstance(mount, dict)
    return mount


def test_alarms_that_the_server_cannot_send_are_sent_by_the_watch() -> None:
    by_name = dict(pods())
    for name in ("deploy", "watch"):
        (container,) = by_name[name]["containers"]
        assert {WEBHOOK, EMAIL} <= {variable["name"] for variable in container["env"]}, name


def test_the_watch_waits_for_a_pod_as_long_as_the_worker_does() -> None:
    variables = json.loads(TEMPLATE.read_text())["variables"]["properties"]
    (container,) = dict(pods())["watch"]["containers"]
    values = {entry["name"]: entry.get("value") for entry in container["env"]}
    minutes = float(values["ALIGNMENT_PENDING_MINUTES"])
    assert 60 * minutes > variables["pod_watch_timeout_seconds"]["default"]


def test_secrets_are_references() -> None:
    for name, pod in pods():
        for container in pod["containers"]:
            for variable in container.get("env", []):
                secret = re.search("PASSWORD|AUTH_STRING$|WEBHOOK|EMAIL|TOKEN", variable["name"])
                if secret:
                    assert "secretKeyRef" in variable["valueFrom"], (name, variable["name"])
    for path in DIRECTORY.iterdir():
        assert "kind: Secret\n" not in path.read_text(), path.name


def test_bases_and_commands_are_those_of_compose() -> None:
    services = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
    by_name = dict(pods())
    assert by_name["database"]["containers"][0]["image"] == services["database"]["image"]
    server = by_name["server"]["containers"][0]["command"]
    assert server == services["server"]["entrypoint"]
    assert by_name["watch"]["containers"][0]["command"] == services["watch"]["entrypoint"]


def test_a_run_is_executed_in_the_image() -> None:
    """The image's entry point is the flow; a run's command must take its place."""
    (container,) = job()["spec"]["template"]["spec"]["containers"]
    assert container["command"] == ["/usr/bin/env"]
    image = read(ROOT / "Dockerfile")[-1]
    mounts = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
    assert mounts["workspace"] == image.last("VOLUME")
    assert job()["spec"]["template"]["spec"]["securityContext"]["runAsUser"] == 1000


def test_the_pool_is_one_of_kubernetes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert deploy._pool_options() == ("--type", "process")
    monkeypatch.setenv(deploy.JOB_TEMPLATE, str(TEMPLATE))
    assert deploy._pool_options()[:2] == ("--type", "kubernetes")
    monkeypatch.setenv(deploy.JOB_TEMPLATE, str(tmp_path / "none.json"))
    with pytest.raises(ConfigError, match="expected the file of a base job template"):
        deploy._pool_options()


def test_the_pods_of_the_ray_cluster_are_alike() -> None:
    """Every machine needs the same image and the same workspace, and no rights."""
    path = ROOT / "deploy" / "kuberay" / "raycluster.yaml"
    cluster = yaml.safe_load(path.read_text())["spec"]
    pods = [group["template"]["spec"] for group in cluster["workerGroupSpecs"]]
    head = cluster["headGroupSpec"]
    assert all(pod == head["template"]["spec"] for pod in pods)
    assert head["rayStartParams"]["num-cpus"] == "0"
    (container,) = head["template"]["spec"]["containers"]
    assert {mount["mountPath"] for mount in container["volumeMounts"]} <= WRITABLE
    pinned = (ROOT / "constraints.txt").read_text().splitlines()
    assert f"ray=={cluster['rayVersion']}" in pinned
