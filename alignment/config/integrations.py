"""`mlflow` and `hub`: servers that get a copy of what a run produced."""

from __future__ import annotations

import re

from pydantic import Field, field_validator

from alignment.config.base import Address, Section

_REFERENCE = re.compile(r"\$\{[A-Za-z_][A-Za-z0-9_]*\}")
ADDRESS_PATTERN = r"^(https?://|\$\{)"
MODEL_PATTERN = r"^[^/:'\"]{1,250}$"
REPOSITORY_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,95}/[A-Za-z0-9][A-Za-z0-9._-]{0,95}$"


class MlflowTracking(Section):
    """An MLflow server that every run is logged to.

    The user and the password, or the token, are environment variables that MLflow reads:
    `MLFLOW_TRACKING_USERNAME`, `MLFLOW_TRACKING_PASSWORD`, `MLFLOW_TRACKING_TOKEN`.
    """

    tracking_uri: Address = Field(
        pattern=ADDRESS_PATTERN,
        description="Address of the server, such as http://localhost:5000. It may contain "
        "environment variables as ${NAME}.",
    )
    experiment: str | None = Field(
        None,
        min_length=1,
        max_length=250,
        description="Name of the experiment; by default the name of the model.",
    )
    registered_model: str | None = Field(
        None,
        pattern=MODEL_PATTERN,
        description="Registered model that approved versions are added to, with the alias "
        "champion; null registers nothing.",
    )


class HubRepository(Section):
    """A model repository of the Hugging Face Hub that every deployed version is pushed to.

    The environment variable `HF_ENDPOINT` selects another server.
    """

    repo_id: str = Field(
        pattern=REPOSITORY_PATTERN,
        description="Repository, such as my-team/quickstart. It is created if it does not exist.",
    )
    private: bool = Field(True, description="Whether a repository that is created is private.")
    token: str = Field(
        "${HF_TOKEN}",
        description="Environment variable that holds a token with write access, as ${NAME}.",
    )

    @field_validator("token")
    @classmethod
    def _check_token(cls, token: str) -> str:
        if not _REFERENCE.fullmatch(token):  # the message must not show a token
            raise ValueError(
                "a token in a file can be read by others: put it into an environment variable and "
                "write its name here, such as ${HF_TOKEN}"
            )
        return token
