"""MLflow's model registry: approved versions, and the alias of the deployed one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alignment.registry import Version

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run
    from mlflow.entities.model_registry import ModelVersion

CHAMPION = "champion"
DIGEST = "alignment.digest"
VERSION = "alignment.version"
FOLDER = "model"
"""Artifact path of the files of a version."""


def register(client: MlflowClient, name: str, version: Version, run: Run) -> str | None:
    """Upload a version to its run and add it to the registered model.

    A model version with the same digest is not added twice. An upload that was cut off has no
    model version, so it is repeated.

    Returns:
        MLflow's number of the new model version; None if it was there.

    Raises:
        Corrupt: if a file of the version has changed since it was published.
    """
    _ensure_model(client, name)
    if _find(client, name, version.digest) is not None:
        return None
    version.verify()
    client.log_artifacts(run.info.run_id, str(version.path), FOLDER)
    added = client.create_model_version(
        name,
        source=f"{run.info.artifact_uri}/{FOLDER}",
        run_id=run.info.run_id,
        tags={
            DIGEST: version.digest,
            VERSION: version.name,
            "alignment.verdict": "approved" if version.approved else "rejected",
        },
        description=_description(version),
    )
    return str(added.version)


def align_alias(client: MlflowClient, name: str, champion: Version | None) -> None:
    """Let the alias `champion` name the deployed version, or none if that is not registered."""
    deployed = None if champion is None else _find(client, name, champion.digest)
    aliases = _aliases(client, name)
    if deployed is None:
        if CHAMPION in aliases:
            client.delete_registered_model_alias(name, CHAMPION)
    elif aliases.get(CHAMPION) != str(deployed.version):
        client.set_registered_model_alias(name, CHAMPION, str(deployed.version))


def _ensure_model(client: MlflowClient, name: str) -> None:
    from mlflow.exceptions import MlflowException

    try:
        client.create_registered_model(name)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise


def _find(client: MlflowClient, name: str, digest: str) -> ModelVersion | None:
    """The model version with this content."""
    quoted = name.replace("'", "''")
    versions = client.search_model_versions(f"name = '{quoted}' AND tag.`{DIGEST}` = '{digest}'")
    return versions[0] if versions else None


def _aliases(client: MlflowClient, name: str) -> dict[str, str]:
    from mlflow.exceptions import MlflowException

    try:
        model = client.get_registered_model(name)
    except MlflowException as error:
        if error.error_code != "RESOURCE_DOES_NOT_EXIST":
            raise
        return {}
    return {alias: str(number) for alias, number in model.aliases.items()}


def _description(version: Version) -> str:
    means = version.mean_accuracy()
    accuracy = ", ".join(f"{100 * mean:.1f}% on {suite}" for suite, mean in means.items())
    return f"{version.name}. Mean accuracy: {accuracy or 'unknown'}."
