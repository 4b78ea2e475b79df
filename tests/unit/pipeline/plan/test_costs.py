import pytest
from hypothesis import given
from hypothesis import strategies as st

from alignment.config import Train
from alignment.pipeline.plan.costs import COSTS, MEASURED_CORES, Volumes, Work, work_of
from alignment.pipeline.plan.encoder_shape import MULTILINGUAL_E5_SMALL as E5
from alignment.pipeline.plan.encoder_shape import EncoderShape

VOLUMES = Volumes(
    pairs=1_000_000,
    clean_pairs=700_000,
    triplets=1_400_000,
    steps=100,
    queries=8_000,
    languages=2,
)
LARGE = EncoderShape(hidden=1024, layers=24, intermediate=4096, vocabulary=250_002)
POOL = 131_072


def work(stage: str, shape: EncoderShape | None = E5, pool: int = POOL) -> Work:
    return work_of(stage, VOLUMES, shape, Train(), pool)


@pytest.mark.parametrize("stage", COSTS)
def test_two_cores_take_the_measured_seconds(stage: str) -> None:
    cost = COSTS[stage]
    expected = cost.seconds * VOLUMES.of(cost.unit)
    assert work(stage).seconds(MEASURED_CORES) == pytest.approx(expected)


@given(st.sampled_from(sorted(COSTS)), st.integers(1, 1000))
def test_more_cores_are_never_slower(stage: str, cores: int) -> None:
    planned = work(stage)
    assert planned.seconds(cores + 1) <= planned.seconds(cores)
    assert planned.seconds(cores) >= planned.cpu_seconds * planned.serial


def test_reading_corpora_takes_one_core() -> None:
    assert work("pull").seconds(64) == pytest.approx(work("pull").seconds(1))


def test_vectors_take_two_bytes_a_dimension() -> None:
    small = work("embed").bytes
    large = work("embed", LARGE).bytes
    assert small is not None
    assert large is not None
    assert large - small == 700_000 * 2 * 2 * (1024 - 384)


def test_mining_costs_what_its_pools_cost() -> None:
    full = work("mine").cpu_seconds
    assert work("mine", pool=POOL // 4).cpu_seconds < full < work("mine", LARGE).cpu_seconds
    assert work("mine", None).cpu_seconds == full


def test_a_step_reads_its_batch_three_times() -> None:
    assert work("train").tokens == 100 * 3 * 64 * 2 * 25
    short = work_of("train", VOLUMES, E5, Train(batch_tokens=1000), POOL)
    assert short.tokens == 100 * 3 * 1000


def test_what_depends_on_an_unknown_encoder() -> None:
    assert work("train", None).bytes is None
    assert work("onnx", None).bytes is None
    assert work("publish").bytes == 4 * E5.parameters
