from pathlib import Path

from alignment.config import Train
from alignment.training.job import Job, PlanSummary
from tests.unit.training.support import scratch_job


def test_a_job_survives_its_file(tmp_path: Path) -> None:
    train = Train(steps=3, freeze=("embeddings", 1))
    job = scratch_job(tmp_path).model_copy(update={"train": train, "start_step": 1})
    job.write(tmp_path / "job.json")
    assert Job.read(tmp_path / "job.json") == job


def test_a_plan_summary_survives_its_file(tmp_path: Path) -> None:
    summary = PlanSummary(batch_tokens=256, best_step=None, triplets_by_language={"en": 3, "fi": 3})
    summary.write(tmp_path / "plan.json")
    assert PlanSummary.read(tmp_path / "plan.json") == summary
