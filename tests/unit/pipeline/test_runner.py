import logging
from pathlib import Path

import pytest

from alignment.errors import AlignmentError, ConfigError, EmptyCorpus, OutOfMemory, Unexpected
from alignment.pipeline.runner import LocalRunner, failures, guarded


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


def test_parts_that_fail_in_the_same_way_are_one_error() -> None:
    same = {f"de source {number}": EmptyCorpus("nothing left") for number in range(3)}
    assert failures("embed part", same) is same["de source 0"]
    other = {**same, "de target 0": ConfigError("bad")}
    assert "embed part failed for 4 parts" in str(failures("embed part", other))


def surprise() -> int:
    raise KeyError("surprise")


def allocate() -> int:
    raise MemoryError


def test_an_error_says_its_stage_and_language(tmp_path: Path) -> None:
    runner = guarded(LocalRunner(), tmp_path)
    assert guarded(runner, tmp_path) is runner
    assert runner.run("gate", lambda: 7) == 7
    with pytest.raises(EmptyCorpus, match=r"^nothing left$"):
        runner.run("gate", fail)
    with pytest.raises(Unexpected, match=r"unexpected KeyError in pull of cy: 'surprise'"):
        runner.map("pull", {"fi": lambda: 1, "cy": surprise})
    (written,) = (tmp_path / "errors").iterdir()
    assert "-pull-cy-" in written.name
    with pytest.raises(OutOfMemory, match=r"out of memory in mine of cy \(.*\n.*num_candidates"):
        runner.map("mine", {"cy": allocate})


class PanicException(BaseException):
    """As Rust code raises it."""


def test_a_panic_is_an_error_and_an_interrupt_is_none(tmp_path: Path) -> None:
    def panic() -> None:
        raise PanicException("ThreadPoolBuildError: no thread pool")

    def interrupt() -> None:
        raise KeyboardInterrupt

    runner = guarded(LocalRunner(), tmp_path)
    with pytest.raises(OutOfMemory, match="out of memory in embed of fi"):
        runner.map("embed", {"fi": panic})
    with pytest.raises(KeyboardInterrupt):
        runner.run("embed", interrupt)
