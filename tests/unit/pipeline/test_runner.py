import logging

import pytest

from alignment.errors import AlignmentError, ConfigError, EmptyCorpus
from alignment.pipeline.runner import LocalRunner, failures


def fail() -> int:
    raise EmptyCorpus("nothing left")


def test_run_returns_the_result() -> None:
    assert LocalRunner().run("gate", lambda: 7) == 7


def test_run_passes_errors_on() -> None:
    with pytest.raises(EmptyCorpus, match="nothing left"):
        LocalRunner().run("gate", fail)


def test_map_keeps_labels_in_order() -> None:
    results = LocalRunner().map("pull", {"fi": lambda: 1, "cy": lambda: 2})
    assert list(results.items()) == [("fi", 1), ("cy", 2)]


def test_map_tries_all_before_it_fails() -> None:
    calls: list[str] = []
    with pytest.raises(EmptyCorpus):
        LocalRunner().map("pull", {"fi": fail, "cy": lambda: calls.append("cy")})
    assert calls == ["cy"]


def test_it_logs_and_prints_nothing(
    caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level(logging.INFO, logger="alignment"):
        LocalRunner().run("gate", lambda: 7)
        LocalRunner().map("pull", {"fi": lambda: 1})
    assert "gate: started" in caplog.messages
    assert "pull: started for fi" in caplog.messages
    assert capsys.readouterr() == ("", "")


def test_one_failure_stays_itself() -> None:
    error = EmptyCorpus("nothing left")
    assert failures("pull", {"fi": error}) is error


def test_several_failures_are_one_error() -> None:
    errors = {"fi": EmptyCorpus("nothing left"), "cy": ConfigError("bad"), "ga": ValueError("x")}
    combined = failures("pull", errors)
    assert isinstance(combined, AlignmentError)
    assert "pull failed for 3 languages" in str(combined)
    assert "fi: nothing left" in str(combined)
    assert combined.exit_code == 2  # the highest
