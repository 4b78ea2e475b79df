"""Some inputs of every kind; `make fuzz` tries them for an hour."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.limits import limited
from tests.fuzz.mutations import damaged
from tests.fuzz.targets import TARGETS, Target, held

EXAMPLES = 20


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_any_input_is_read_or_refused(target: Target) -> None:
    for seed in target.seeds:
        held(target, seed)

    @settings(
        max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), database=None
    )
    @given(st.data())
    def check(data: st.DataObject) -> None:
        content = data.draw(damaged(target.seeds))
        with limited():
            held(target, content)

    check()
