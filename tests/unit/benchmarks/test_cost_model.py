"""Laws of the cost model, and that it agrees with what was measured."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alignment.errors import ConfigError, DataError
from alignment.pipeline.plan.costs import COSTS, speed_up
from alignment.training.columns import MAX_TRIPLETS
from benchmarks import cost_model
from benchmarks.cost.check import STARTUP, compare, predicted, read_table
from benchmarks.cost.division import DIVIDED, division
from benchmarks.cost.estimate import (
    BY_LANGUAGE,
    LARGEST_LANGUAGE,
    ONE_MACHINE,
    estimate,
    estimate_with,
    largest_speed_up,
    makespan,
    reread_bytes,
)
from benchmarks.cost.inputs import ENCODERS, Cluster, Machine, Workload
from benchmarks.cost.limits import largest_corpus, limits, on_one_machine
from benchmarks.cost.memory import GB, MIB
from benchmarks.cost.points import POINTS, Point, modeled

MACHINE = Machine(cores=8, memory_gb=256, disk_tb=100)
CLUSTER = Cluster("test", head=MACHINE, workers=replace(MACHINE, count=3))
WORKLOAD = Workload(pairs=50_000_000, languages=20)
DURATIONS = st.lists(st.floats(0.0, 1e6), min_size=1, max_size=30)
laws = settings(max_examples=8, deadline=None)


@settings(max_examples=40)
@given(DURATIONS, st.integers(1, 40))
def test_a_schedule_is_between_its_bounds(durations: list[float], slots: int) -> None:
    total = sum(durations)
    longest = max(durations)
    seconds = makespan(durations, slots)
    assert seconds >= max(longest, total / slots) * (1 - 1e-9)
    assert seconds <= (total / slots + longest) * (1 + 1e-9)
    assert makespan(durations, slots + 1) <= seconds * (1 + 1e-9)


@laws
@given(st.integers(1, 20), st.integers(10**5, 10**9))
def test_more_machines_are_never_slower(count: int, pairs: int) -> None:
    workload = replace(WORKLOAD, pairs=pairs)
    fewer = estimate(workload, replace(CLUSTER, workers=replace(MACHINE, count=count)))
    more = estimate(workload, replace(CLUSTER, workers=replace(MACHINE, count=count + 1)))
    assert more.seconds <= fewer.seconds * (1 + 1e-9)
    assert more.bytes == fewer.bytes
    assert more.cpu_seconds == pytest.approx(fewer.cpu_seconds)


@laws
@given(st.integers(10**5, 10**9), st.integers(1, 10**6))
def test_more_pairs_never_cost_less(pairs: int, added: int) -> None:
    smaller = estimate(replace(WORKLOAD, pairs=pairs), CLUSTER)
    larger = estimate(replace(WORKLOAD, pairs=pairs + added), CLUSTER)
    for stage, value in smaller.stages.items():
        assert larger.stages[stage].cpu_seconds >= value.cpu_seconds * (1 - 1e-9)
        assert larger.stages[stage].bytes >= value.bytes
        assert larger.stages[stage].mib >= value.mib * 0.99  # other numbers of cores per task


@laws
@given(st.integers(1, 10**9), st.integers(1, 300), st.floats(0.0, 3.0))
def test_sizes_are_those_of_the_corpus(pairs: int, languages: int, skew: float) -> None:
    sizes = Workload(pairs, languages, skew=skew).sizes()
    assert sum(sizes) == pairs
    assert len(sizes) == languages
    assert min(sizes) >= 0


def test_the_whole_is_the_sum_of_the_stages() -> None:
    result = estimate(WORKLOAD, CLUSTER)
    parts = result.stages.values()
    assert list(result.stages) == list(WORKLOAD.stages)
    assert result.seconds == pytest.approx(sum(stage.seconds for stage in parts))
    assert result.bytes == sum(stage.bytes for stage in parts)
    assert on_one_machine(result) < result.seconds


@pytest.mark.parametrize("stage", BY_LANGUAGE)
def test_languages_add_up_to_the_stage(stage: str) -> None:
    workload = replace(WORKLOAD, stages=(stage,), skew=0.0)
    result = estimate(workload, CLUSTER)
    (size, *_) = workload.sizes()
    each = workload.work(stage, [size])
    seconds = each.cpu_seconds + workload.flops(each) / 95e9
    divided = division(stage, workload, size, CLUSTER)
    if divided is not None:
        seconds += divided.added
    assert result.cpu_seconds == pytest.approx(20 * seconds, rel=1e-3)


def test_the_largest_language_sets_the_time() -> None:
    workload = replace(WORKLOAD, stages=("clean",))
    many = estimate(workload, replace(CLUSTER, workers=replace(MACHINE, count=500)))
    assert many.stages["clean"].bound == LARGEST_LANGUAGE
    gained = many.cpu_seconds / many.seconds
    assert gained == pytest.approx(largest_speed_up(workload, "clean", 8), rel=0.01)
    assert gained < sum(workload.sizes()) / workload.sizes()[0] / COSTS["clean"].serial


@pytest.mark.parametrize("stage", DIVIDED)
def test_machines_share_the_largest_language(stage: str) -> None:
    workload = Workload(pairs=50_000_000, languages=1, stages=(stage,))
    four = estimate(workload, CLUSTER)
    eight = estimate(workload, replace(CLUSTER, workers=replace(MACHINE, count=7)))
    assert four.seconds > 1.05 * eight.seconds
    assert largest_speed_up(workload, stage, 8) > 1.5 * speed_up(8, COSTS[stage].serial)
    assert eight.stages[stage].moved > four.stages[stage].moved


def test_a_small_language_and_one_machine_are_not_divided() -> None:
    alone = replace(CLUSTER, workers=replace(MACHINE, count=0))
    for stage in DIVIDED:
        assert division(stage, WORKLOAD, 10**7, CLUSTER) is not None
        assert division(stage, WORKLOAD, 10**7, alone) is None
        assert division(stage, WORKLOAD, 10**5, CLUSTER) is None
    assert division("clean", WORKLOAD, 10**7, CLUSTER) is None


def test_a_gpu_takes_over_what_encodes() -> None:
    with_gpu = replace(CLUSTER, head=replace(MACHINE, gpus=1))
    plain = estimate(WORKLOAD, CLUSTER)
    fast = estimate(WORKLOAD, with_gpu)
    assert plain.gpu_seconds == 0
    for stage in ("embed", "train", "evaluate"):
        assert fast.stages[stage].gpu_seconds > 0
        assert fast.stages[stage].seconds < plain.stages[stage].seconds
    assert fast.stages["triplets"].seconds == plain.stages["triplets"].seconds


def test_processes_share_a_training() -> None:
    one = estimate(WORKLOAD, CLUSTER)
    four = estimate(WORKLOAD, replace(CLUSTER, training_processes=4))
    assert one.stages["train"].seconds > 3.5 * four.stages["train"].seconds
    assert four.stages["train"].cpu_seconds == one.stages["train"].cpu_seconds
    assert four.stages["triplets"] == one.stages["triplets"]


def test_a_larger_encoder_costs_more() -> None:
    small = estimate(WORKLOAD, CLUSTER)
    large = estimate(replace(WORKLOAD, shape=ENCODERS["large"]), CLUSTER)
    for stage in ("embed", "mine", "train", "evaluate"):
        assert large.stages[stage].cpu_seconds > small.stages[stage].cpu_seconds
    assert large.stages["embed"].bytes > 2.5 * small.stages["embed"].bytes


def test_stages_on_one_machine_do_not_gain_from_others() -> None:
    one = estimate(WORKLOAD, CLUSTER)
    more = estimate(WORKLOAD, replace(CLUSTER, workers=replace(MACHINE, count=30)))
    for stage in ("pull", "holdout", "triplets", "tokenize", "train"):
        assert more.stages[stage].bound == ONE_MACHINE
        assert more.stages[stage].seconds == one.stages[stage].seconds


def test_the_largest_corpus_just_fits() -> None:
    pairs = largest_corpus(WORKLOAD)
    clean_pairs = pairs * WORKLOAD.kept * (1 - WORKLOAD.holdout_share)
    assert 2 * clean_pairs == pytest.approx(MAX_TRIPLETS, rel=1e-6)
    kinds = []
    for size in (pairs - 1000, pairs + 1000):
        result = estimate(replace(WORKLOAD, pairs=size, skew=0.0), CLUSTER)
        kinds.append([limit.kind for limit in limits(result)])
    assert kinds == [[], ["triplets"]]


def test_limits_name_the_stage_that_breaks_first() -> None:
    weak = Machine(cores=4, memory_gb=48, disk_tb=0.5)
    cluster = Cluster("weak", head=weak, workers=weak)
    result = estimate(Workload(pairs=10**9, languages=200), cluster)
    broken = limits(result)
    assert [limit.stage for limit in broken] == ["embed", "mine", "tokenize", "tokenize", "train"]
    assert broken[0].kind == "disk"
    for limit in broken:
        assert limit.message
        assert limit.remedy.endswith(".")


def test_vectors_are_read_again_only_if_memory_cannot_keep_them() -> None:
    small = replace(MACHINE, memory_gb=16)
    workload = Workload(pairs=10**8, languages=1)
    assert reread_bytes(workload, 10**6, small) == 0
    vectors = workload.work("embed", [10**8]).bytes or 0
    assert vectors > 0.5 * small.memory_gb * GB
    assert reread_bytes(workload, 10**8, small) > vectors
    assert reread_bytes(workload, 10**8, replace(MACHINE, memory_gb=1024)) == 0


def test_no_machine_for_the_largest_language() -> None:
    tiny = Cluster("tiny", replace(MACHINE, memory_gb=1), replace(MACHINE, memory_gb=1))
    assert estimate_with(WORKLOAD, tiny) is None
    with pytest.raises(ConfigError, match="no machine can hold a task of the largest language"):
        estimate(WORKLOAD, tiny)


@pytest.mark.parametrize("point", POINTS, ids=lambda point: f"{point.stages[-1]}-{point.amount}")
def test_the_model_agrees_with_what_was_measured(point: Point) -> None:
    """Within a factor of two, and of three where other work took much of the machine."""
    factor = 3.2 if "busy" in point.date else 2.0
    assert 1 / factor < modeled(point) / point.measured < factor


def test_a_stage_grows_in_the_check_as_it_does_in_the_model() -> None:
    small = predicted("clean", 10**5)["cpu_seconds"]
    assert predicted("clean", 10**6)["cpu_seconds"] == pytest.approx(10 * small)
    with_torch = predicted("embed", 10**5)["cpu_seconds"]
    assert with_torch > STARTUP
    assert predicted("embed", 10**6)["cpu_seconds"] < 10 * with_torch


def test_a_table_is_compared(tmp_path: Path) -> None:
    line = {"benchmark": "scale_all", "sizes": {"1000000": {"clean": {"cpu_seconds": 30.0}}}}
    path = tmp_path / "table.log"
    path.write_text(f"a table\n{json.dumps(line)}\n")
    compared = compare(read_table(path), "cpu_seconds")
    assert list(compared) == ["clean"]
    value = compared["clean"][10**6]
    assert value.ratio == round(value.predicted / 30.0, 2)
    assert compared["clean"][10**5].ratio is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nothing",
        "[1]",
        '{"benchmark": "scale"}',
        '{"benchmark": "scale_all"}',
        '{"benchmark": "scale_all", "sizes": {"x": {}}}',
        '{"benchmark": "scale_all", "sizes": {"1": {"clean": {"mib": null}}}}',
    ],
)
def test_another_file_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "table.json"
    path.write_text(text)
    with pytest.raises(DataError) as caught:
        read_table(path)
    assert "make bench-scale-all" in str(caught.value)
    with pytest.raises(DataError):
        read_table(tmp_path / "missing.json")


def test_the_output_ends_with_a_line_of_json(capsys: pytest.CaptureFixture[str]) -> None:
    cost_model.main(["--check"])
    checked = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert set(checked["ratios"]) == {"cpu_seconds", "seconds", "mib"}
    cost_model.main(["--pairs", "1000000", "--languages", "3"])
    own = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert own["cluster"]["limits"] == []
    assert own["cluster"]["hours"] > 0


def test_memory_of_a_task_is_what_the_cluster_has_to_declare() -> None:
    result = estimate(WORKLOAD, CLUSTER)
    for stage in BY_LANGUAGE:
        if stage in result.stages:
            assert result.stages[stage].mib * MIB <= result.memory_per_task * GB


@pytest.mark.parametrize("option", ["--workers=-1", "--pairs=0", "--skew=nan", "--memory=x"])
def test_arguments_are_checked(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cost_model.main(["--pairs", "1000", option])
    assert caught.value.code == 2
    assert option.split("=", maxsplit=1)[0] in capsys.readouterr().err
