from pathlib import Path

from alignment.training.jsonl import Follower, append_line, complete_lines


def test_a_missing_file_has_no_lines(tmp_path: Path) -> None:
    assert complete_lines(tmp_path / "none") == []
    assert Follower(tmp_path / "none").new_lines() == []


def test_a_line_in_progress_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    append_line(path, '"ä"')
    with path.open("ab") as file:
        file.write(b'"half of \xc3')  # and half of a character
    assert complete_lines(path) == ['"ä"']


def test_a_follower_reads_each_line_once(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    follower = Follower(path)
    append_line(path, "1")
    append_line(path, "2")
    assert follower.new_lines() == ["1", "2"]
    assert follower.new_lines() == []
    append_line(path, "3")
    assert follower.new_lines() == ["3"]


def test_replaced_lines_are_new(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    path.write_text("1\n2\n3\n")
    follower = Follower(path)
    follower.new_lines()
    path.write_text("1\n")  # a resumed run drops the steps after its checkpoint
    assert follower.new_lines() == []
    append_line(path, "2 again")
    assert follower.new_lines() == ["2 again"]
