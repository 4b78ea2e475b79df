import pytest

from alignment.cleaning.clean import Ledger, clean, suite_rows
from alignment.cleaning.filters import Pair, reason_to_drop
from alignment.cleaning.normalise import comparable, fingerprint, normalise
from alignment.config import Clean

LIMITS = Clean()


def test_normalise() -> None:
    assert normalise("  Cafe\u0301 \u200b\tis\u00a0 open\u0007 ") == "Café is open"
    assert normalise("می\u200cخواهم") == "می\u200cخواهم"  # the joiner belongs to the spelling


def test_comparable() -> None:
    assert comparable("Save changes?") == comparable("  save  CHANGES…") == "savechanges"
    assert comparable("ﬁle №１") == "fileno1"
    assert comparable("?! …") == ""
    assert fingerprint("Straße 5") == fingerprint("STRASSE 5")


@pytest.mark.parametrize(
    ("source", "target", "reason"),
    [
        ("Save the page", "", "empty"),
        ("Save it", "Tallenna se", "too_short"),
        ("Save the page", "x", "too_short"),
        ("Save the page", "y" * 601, "too_long"),
        ("%(name)s {count} %s", "%(name)s {count} %s", "placeholders_only"),
        ("<b>%(a)s</b> &nbsp; http://x.org/a 12", "Sivu numero kaksi", "placeholders_only"),
        ("Save the page!", "SAVE the page", "untranslated"),
        ("Save the page", "Tallenna sivu " * 12, "length_ratio"),
        ("Save the page", "Tallenna sivu", None),
        ("See the news", "ニュースを見る", None),
        ("100 % of %(name)s's pages", "100 % sivuista", None),
    ],
)
def test_reasons(source: str, target: str, reason: str | None) -> None:
    assert reason_to_drop(Pair(normalise(source), normalise(target)), LIMITS) == reason


def row(source: str, target: str) -> dict[str, str]:
    return {"source": source, "target": target}


def test_decontamination_finds_a_suite_sentence_in_other_case_on_either_side() -> None:
    rows = [
        row("A good morning to you", "Hyvää huomenta sinulle"),
        row("The night was long", "HYVÄÄ yötä, kaikille!"),
        row("Rain falls on us", "Sataa vettä"),
    ]
    ledger = Ledger()
    blocked = {fingerprint("a GOOD morning, to you!"), fingerprint("Hyvää yötä kaikille")}
    kept = list(clean(rows, LIMITS, ledger, share=0.0, seed=1, blocked=blocked))
    assert [r["source"] for r in kept] == ["Rain falls on us"]
    assert ledger.report().dropped == {"contaminated": 2}


def test_duplicates_count_once_and_the_ledger_adds_up() -> None:
    rows = [row("Save the page", "Tallenna sivu"), row("save THE page.", "tallenna sivu"), row("a", "b")]
    ledger = Ledger()
    kept = list(clean(rows, LIMITS, ledger, share=0.0, seed=1, blocked=()))
    report = ledger.report()
    assert len(kept) == report.kept == 1 and report.seen == 3
    assert report.dropped == {"duplicate": 1, "too_short": 1}


def test_a_suite_has_each_sentence_once_on_each_side() -> None:
    rows = [
        row("Save the page", "Tallenna sivu"),
        row("Save the page!", "Tallenna tämä"),
        row("Store the page", "Tallenna sivu"),
    ]
    assert len(list(suite_rows(rows, LIMITS, share=None, seed=1))) == 1
