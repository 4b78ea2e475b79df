"""The form of a run in the UI: configurations and languages to choose from.

Prefect stores the form when a deployment is registered, and refuses a run whose parameters do not
fit it. So the form is renewed when a configuration changes: a language that is added there can be
chosen at once, without a deployment.
"""

from __future__ import annotations

import copy
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient

from alignment.config import load_config
from alignment.errors import AlignmentError
from flows.server import FAILURES, our_deployments

FOLDERS = ("configs", "team")
"""Where a project has configurations; the image finds those of a cluster's ConfigMap in `team`."""
logger = logging.getLogger("alignment.deploy")


class Choices(NamedTuple):
    """What can be chosen in the form."""

    configs: tuple[str, ...]
    """Configuration files, relative to the project."""
    languages: tuple[str, ...]
    """Codes of the languages that one of them trains."""


class Forms:
    """The forms of all deployments of a server; call `look` as often as you like."""

    def __init__(self, client: SyncPrefectClient, home: Path) -> None:
        """Renew nothing yet.

        Args:
            client: A client of the server.
            home: Directory of `prefect.yaml`.
        """
        self._client = client
        self._home = home
        self._seen: frozenset[tuple[str, int, int]] | None = None
        self._failed: frozenset[tuple[str, int, int]] | None = None

    def look(self) -> None:
        """Renew the forms if a configuration has changed since the last call.

        A server that cannot be reached is left for the next call.
        """
        present = _stamps(self._home)
        if present == self._seen:
            return
        try:
            renew_forms(self._client, self._home)
        except FAILURES as error:
            if present != self._failed:  # said once, though it is tried every second
                logger.warning("the forms of the UI could not be renewed yet: %s", error)
            self._failed = present
            return
        self._seen = present


def renew_forms(client: SyncPrefectClient, home: Path) -> None:
    """Fit the forms of all deployments to the present configurations.

    Args:
        client: A client of the server.
        home: Directory of `prefect.yaml`.

    Raises:
        httpx.HTTPError: if the server cannot be reached or refuses it.
    """
    choices = read_choices(home)
    for deployment in our_deployments(client):
        present = deployment.parameter_openapi_schema
        if not present:
            continue
        schema = fitted(present, choices, deployment.parameters)
        if schema != present:
            _replace(client, deployment.id, schema)
            logger.info("the form of %s has the present choices", deployment.name)


def read_choices(home: Path) -> Choices:
    """The configurations of a project, and the languages that they train.

    The languages of a configuration with a mistake are left out; a run of it says what is wrong.
    """
    configs = []
    languages = set()
    for path in _files(home):
        configs.append(path.relative_to(home).as_posix())
        try:
            languages.update(load_config(path).trained)
        except (AlignmentError, OSError) as error:
            logger.warning("its languages cannot be chosen in the UI: %s", error)
    return Choices(tuple(configs), tuple(sorted(languages)))


def fitted(
    schema: Mapping[str, Any], choices: Choices, parameters: Mapping[str, Any]
) -> dict[str, Any]:
    """A form with these choices. What a deployment sets itself can be chosen, too.

    Args:
        schema: JSON Schema of the parameters.
        choices: What there is to choose.
        parameters: Those of the deployment.
    """
    form: dict[str, Any] = copy.deepcopy(dict(schema))
    properties = form.get("properties", {})
    for name in properties:
        if name not in parameters:
            properties[name] = _optional(properties[name])
    if "config" in properties:
        _choose(properties["config"], choices.configs, [parameters.get("config")])
    if "languages" in properties:
        items = properties["languages"].setdefault("items", {})
        _choose(items, choices.languages, parameters.get("languages") or ())
    return form


def _optional(field: Mapping[str, Any]) -> dict[str, Any]:
    """Without null as a value: an empty field is left out. The UI shows tabs for alternatives."""
    kinds = [kind for kind in field.get("anyOf", ()) if kind != {"type": "null"}]
    if len(kinds) != 1:
        return dict(field)
    plain = {key: value for key, value in field.items() if key not in ("anyOf", "default")}
    return {**plain, **kinds[0]}


def _choose(field: dict[str, Any], values: Sequence[str], used: Sequence[str | None]) -> None:
    """Let one of these values be chosen; without any, text is entered."""
    known = [value for value in used if value and value not in values]
    if values or known:
        field.update(type="string", enum=[*values, *known])
    else:
        field.pop("enum", None)


def _replace(client: SyncPrefectClient, deployment: UUID, schema: Mapping[str, Any]) -> None:
    """Only the form: schedules, parameters and pauses stay."""
    body = {"parameter_openapi_schema": dict(schema)}
    answer = client.request("PATCH", "/deployments/{id}", path_params={"id": deployment}, json=body)
    answer.raise_for_status()


def _files(home: Path) -> list[Path]:
    """The configurations of a project, in order."""
    files: list[Path] = []
    for folder in FOLDERS:
        files += sorted(home.glob(f"{folder}/*.yaml"))
    return files


def _stamps(home: Path) -> frozenset[tuple[str, int, int]]:
    """Path, time and size of each configuration."""
    stamps = set()
    for path in _files(home):
        try:
            status = path.stat()
        except OSError:  # an editor replaces it at this moment
            continue
        stamps.add((str(path), status.st_mtime_ns, status.st_size))
    return frozenset(stamps)
