import numpy as np

from alignment.cleaning.filtering import active_filters, apply_filters, with_normalized
from alignment.cleaning.ledger import KEPT, REASONS
from alignment.config import Clean
from tests.unit.cleaning.rows import FINNISH, LIMITS, cleaned, record_batch, row

GOOD = row("Save the page", "Tallenna sivu")


def test_filters_run_in_the_configured_order() -> None:
    pair = [row("Save the page", "y" * 700)]
    assert list(cleaned(pair)[1]) == ["too_long"]
    assert list(cleaned(pair, Clean(filters=("length_ratio", "too_long")))[1]) == ["length_ratio"]
    assert cleaned(pair, Clean(filters=()))[0]


def test_null_disables_a_filter() -> None:
    pair = [row("Go now to %s", "Mene sinne nyt")]
    assert list(cleaned(pair)[1]) == ["unbalanced_markup"]
    assert cleaned(pair, Clean(max_unbalanced=None))[0]
    active = [filter_.name for filter_, _ in active_filters(Clean(max_unbalanced=None))]
    assert "unbalanced_markup" not in active
    assert "too_short" in active


def test_kept_rows_point_into_the_remaining_pairs() -> None:
    """With most rows dropped early, the later filters see a copy of the others."""
    rows = [row("x", "y")] * 8 + [GOOD, row("Open the page", "Avaa sivu")]
    filtered = apply_filters(record_batch(rows), LIMITS, FINNISH)
    assert [REASONS[number] for number in filtered.reasons[:8]] == ["too_short"] * 8
    assert filtered.reasons[8:].tolist() == [KEPT, KEPT]
    assert len(filtered.remaining) < len(rows)
    texts = filtered.remaining.source.strings()
    kept = [texts[place] for place in filtered.kept_rows.tolist()]
    assert kept == ["Save the page", "Open the page"]


def test_only_changed_texts_are_replaced() -> None:
    batch = record_batch([GOOD, row("  Open the page ", "Avaa sivu")])
    filtered = apply_filters(batch, LIMITS, FINNISH)
    assert set(filtered.changed) == {"source"}
    assert filtered.changed["source"].rows.tolist() == [False, True]
    rows = with_normalized(batch, filtered.changed)
    assert rows["source"].to_pylist() == ["Save the page", "Open the page"]
    assert rows["target"].equals(batch["target"])


def test_repair_undoes_mojibake() -> None:
    batch = record_batch([row("The weather is fine", "SÃ¤Ã¤ on hyvÃ¤")])
    filtered = apply_filters(batch, Clean(repair=True), FINNISH)
    assert filtered.pairs.target.strings() == ["Sää on hyvä"]
    assert np.all(filtered.reasons == KEPT)
