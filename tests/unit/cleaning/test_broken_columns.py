from alignment.cleaning import broken_columns, columns


def test_shares_are_zero_for_most_rows() -> None:
    sources = columns.from_strings(["fine", "The river", "H e l l o", ""])
    targets = columns.from_strings(["gut", "Der Flu\ufffd", "H a l l o", "x"])
    assert broken_columns.shares(sources, targets).tolist() == [0, 0.5, 0, 0]


def test_no_rows_and_empty_rows() -> None:
    assert broken_columns.suspicious(columns.from_strings([])).tolist() == []
    assert broken_columns.suspicious(columns.from_strings(["", ""])).tolist() == [False, False]


def test_characters_past_the_table_are_fine() -> None:
    assert broken_columns.suspicious(columns.from_strings(["\U00020001 x"])).tolist() == [False]
