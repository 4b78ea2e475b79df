import pytest

from alignment.config import load_config
from alignment.config.runner import RunnerSettings
from alignment.errors import ConfigError
from tests.support import SMOKE


def test_one_machine_is_the_default() -> None:
    assert load_config(SMOKE).runner == RunnerSettings(kind="local")


def test_two_keys_make_it_a_cluster() -> None:
    config = load_config(SMOKE, ["runner.kind=ray", "runner.address=10.0.0.5:6379"])
    assert config.runner.address == "10.0.0.5:6379"


@pytest.mark.parametrize("address", ["auto", "head:6379", "[fd00::5]:6379", "ray-head.svc:10"])
def test_addresses(address: str) -> None:
    assert RunnerSettings(kind="ray", address=address).address == address


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("runner={kind: ray, address: 10.0.0.5}", "expected auto or HOST:PORT"),
        ("runner={kind: ray, address: 'head:70000'}", "expected auto or HOST:PORT"),
        ("runner={kind: ray, address: 'ray://head:10001'}", "Ray Client"),
        ("runner={kind: ray, gpus: 1.5}", "a part of one GPU or a whole number"),
        ("runner={kind: threads, gpus: 1}", "only kind: ray has gpus; the kind is threads"),
        ("runner={address: 'head:1'}", "only kind: ray has address; the kind is local"),
        ("runner={kind: spark}", "'local', 'threads' or 'ray'"),
        ("runner={kind: ray, memory_per_task: 0}", "expected a number above 0"),
        ("runner={kind: ray, num_gpus: 1}", "gpus"),
    ],
)
def test_mistakes(override: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(SMOKE, [override])
    assert message in str(caught.value)
