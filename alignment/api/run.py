"""Run the whole pipeline from Python: no Prefect, no terminal."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from alignment.api.progress import ProgressRunner
from alignment.config import Config, load_config, parse_config
from alignment.pipeline.run import Outcome, run_pipeline
from alignment.pipeline.runners import parallel_runner
from alignment.pipeline.workspace import configured_place, open_workspace
from alignment.types import StepCallback, StepMetrics


def run(
    config: Config | Mapping[str, Any] | str | Path,
    workspace: str | Path | None = None,
    *,
    on_step: StepCallback | None = None,
    progress: bool = False,
    offline: bool = False,
) -> Outcome:
    """Run every stage of a configuration, from the corpora to a published model or a rejection.

    Stages that ran before with the same inputs are reused from the workspace. A rejection by the
    gate is not an error: look at `outcome.verdict`. With `gate.approval: manual` an approved
    version is not deployed, and `outcome.waiting` is true. Stages log to the logger `alignment`.

    Examples:
        >>> import alignment
        >>> outcome = alignment.run("configs/smoke.yaml", workspace="workspace")
        >>> isinstance(outcome.verdict, alignment.Approved)
        True
        >>> outcome.version.name
        'v1'
        >>> sorted(path.name for path in outcome.directory.iterdir())
        ['config.json', 'digests.json', 'report.html', 'summary.json']

    Args:
        config: A configuration from `load_config`, the path of its YAML file, or the same keys as
            a mapping. Relative paths in a mapping start at the working directory.
        workspace: Directory of downloads, stored stages, reports and published models, created if
            missing, or an address such as s3://BUCKET/PREFIX. By default the `workspace` of the
            configuration, or the directory `workspace`.
        on_step: Called with the `StepMetrics` of each training step.
        progress: Show progress bars on standard error, or in the notebook.
        offline: Download nothing; use what the workspace has.

    Raises:
        ConfigError: if the configuration is wrong; every problem is listed.
        AlignmentError: from the stage that failed.
    """
    checked = _config(config)
    if workspace is None:
        workspace = configured_place(checked.workspace or "workspace")
    place = open_workspace(workspace, offline=offline)
    with parallel_runner(checked, place) as parallel:
        if not progress:
            return run_pipeline(checked, place, parallel, on_step)
        with ProgressRunner(checked.train.steps, parallel) as bars:
            return run_pipeline(checked, place, bars, _both(bars.on_step, on_step))


def _config(config: Config | Mapping[str, Any] | str | Path) -> Config:
    if isinstance(config, Config):
        return config
    if isinstance(config, Mapping):
        text = json.dumps(dict(config), default=str, ensure_ascii=False)  # JSON is YAML
        return parse_config(text, name="config", base=Path.cwd())
    return load_config(Path(config))


def _both(first: StepCallback, second: StepCallback | None) -> StepCallback:
    if second is None:
        return first

    def on_step(metrics: StepMetrics) -> None:
        first(metrics)
        second(metrics)

    return on_step
