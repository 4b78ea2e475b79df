"""Push published versions to a model repository of the Hugging Face Hub.

Each version is one commit on `main` with a tag of its name, and the branch `champion` has the
deployed one. A commit is all or nothing, and the tag follows it: a reader of `v3` or `champion`
finds a whole version or none. A push that was interrupted is repeated: what is there already is
neither sent nor committed again.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from alignment.config import HubRepository
from alignment.downloads.retry import Retry, RetryPolicy, wait_before_retry
from alignment.integrations.hub_errors import explained, may_pass, requested_wait
from alignment.integrations.hub_repository import Repository
from alignment.integrations.quiet import quiet
from alignment.redaction import conceal
from alignment.references import resolved_address
from alignment.registry import Version

if TYPE_CHECKING:
    from huggingface_hub import HfApi

POLICY = RetryPolicy(attempts=3, max_wait=60.0)


@dataclass(frozen=True)
class Push:
    """What a push changed on the Hub."""

    address: str
    """Of the repository."""
    added: tuple[str, ...] = ()
    """Versions that have a tag now and had none."""
    champion: str | None = None
    """The version that the branch `champion` was moved to; None if it stays."""


def push(
    version: Version,
    champion: Version | None,
    settings: HubRepository,
    *,
    policy: RetryPolicy = POLICY,
) -> Push:
    """Add a version to the repository, and let the branch `champion` name the deployed version.

    The repository is created if it does not exist. A champion that is not in the repository yet is
    added as well.

    Args:
        version: What to push.
        champion: The deployed version, if any.
        settings: The repository and the reference to its token.
        policy: How often what may pass is tried. `huggingface_hub` repeats uploads on its own.

    Raises:
        ConfigError: if the token is missing or has no right to write, or the repository belongs to
            something else.
        Corrupt: if a file of a version has changed since it was published.
        VersionExists: if the repository has another version of the same name.
        AliasConflict: if somebody else pushes at the same time.
        Unavailable: if the Hub cannot be reached.
        RegistryError: if the Hub refuses a file.
    """
    versions = [version]
    if champion is not None and champion.name != version.name:
        versions.insert(0, champion)  # `main` ends with the version that was asked for
    for one in versions:
        one.verify()
    api = _open(settings)
    repository = Repository(api, settings.repo_id, private=settings.private)
    with _silence():
        return _repeated(
            lambda: _push(repository, versions, champion), settings, api.endpoint, policy
        )


def _push(repository: Repository, versions: list[Version], champion: Version | None) -> Push:
    """One attempt, which does what is left to do."""
    repository.ensure()
    for one in versions:
        repository.add(one)
    moved = champion is not None and repository.point_champion_to(champion)
    deployed = champion.name if champion is not None and moved else None
    return Push(repository.address, tuple(repository.added), deployed)


def _open(settings: HubRepository) -> HfApi:
    from huggingface_hub import HfApi

    token = resolved_address(settings.token).strip()
    conceal(token, settings.token)
    # The environment now, not when huggingface_hub was imported.
    return HfApi(endpoint=os.environ.get("HF_ENDPOINT") or None, token=token)


def _repeated(
    attempt: Callable[[], Push], settings: HubRepository, endpoint: str, policy: RetryPolicy
) -> Push:
    """The result of the first attempt that succeeds."""
    for number in range(1, policy.attempts + 1):
        try:
            return attempt()
        except Exception as error:
            failure = explained(error, settings.repo_id, endpoint, settings.token)
            if failure is None:
                raise
            if number == policy.attempts or not may_pass(failure):
                raise failure from error
            retry = Retry(failure.message, requested_wait(error))
            wait_before_retry(endpoint, policy, number, retry)
    raise ValueError("a policy needs at least one attempt")


@contextmanager
def _silence() -> Iterator[None]:
    """Our one message replaces the progress bars and warnings of `huggingface_hub`."""
    from huggingface_hub.utils.tqdm import (
        are_progress_bars_disabled,
        disable_progress_bars,
        enable_progress_bars,
    )

    had_bars = not are_progress_bars_disabled()
    disable_progress_bars()
    try:
        with quiet("huggingface_hub"):
            yield
    finally:
        if had_bars:
            enable_progress_bars()
