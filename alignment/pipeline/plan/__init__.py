"""What a run would need before it is started: rows, minutes, disk and memory by stage."""

from __future__ import annotations

from alignment.pipeline.plan.plan import Plan, StagePlan, has_gaps, make_plan, warn_before_run

__all__ = ["Plan", "StagePlan", "has_gaps", "make_plan", "warn_before_run"]
