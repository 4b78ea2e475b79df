"""The whole pass: reasons, order, duplicates, suites, workers."""

from typing import Any

import pyarrow as pa
import pytest

from alignment.cleaning.batch import Context
from alignment.cleaning.clean import CleanRules, clean, suite_rows
from alignment.cleaning.langid import load_identifier
from alignment.cleaning.ledger import KEPT, REASONS, Ledger, Reasons
from alignment.cleaning.normalize import fingerprint
from alignment.config import Clean
from alignment.types import FilterReport
from tests.unit.cleaning.rows import FINNISH, LIMITS, cleaned, record_batch, row


@pytest.mark.parametrize(
    ("source", "target", "reason"),
    [
        ("Save the page", "", "empty"),
        ("Save it", "Tallenna se", "too_few_words"),
        ("Save the page", "x", "too_short"),
        ("Save the page", "y" * 601, "too_long"),
        ("a b " * 61, "Sana ja toinen " * 15, "too_many_words"),
        ("The cold river is deep", "Kylm\ufffd joki on syv\ufffd", "broken_text"),
        ("The cold river is deep", "KylmÃ¤ joki on syvÃ¤", "broken_text"),
        ("%(name)s {count} %s", "%(name)s {count} %s", "placeholders_only"),
        ("<b>%(a)s</b> &nbsp; http://x.org/a 12", "Sivu numero kaksi", "placeholders_only"),
        ("Save the page!", "SAVE the page", "untranslated"),
        ("Save the page", "Tallenna sivu " * 12, "length_ratio"),
        ("No no no noooooooooooooooooo", "Ei ei ei", "repeated_characters"),
        ("It was very very very very very good", "Se oli todella hyvä juttu", "repeated_words"),
        ("Save the page", "Сохранить страницу", "wrong_script"),
        ("Dear %(name)s, hello", "Hyvä %(nimi)s, hei", "unbalanced_markup"),
        ("See http://a.org and <b>this</b>", "Katso tätä ja sitä nyt", "unbalanced_markup"),
        ("Born in 1984 in Rome", "Syntyi Roomassa vuonna 2011", "other_numbers"),
        ("Save the brand new pages", "Save the brand new pagez", "nearly_untranslated"),
        ("Save the page", "Tallenna sivu", None),
        ("Hello {{ name }}, welcome", "Tervetuloa, {{name}}", None),
        ("%d page is left", "Yksi sivu on jäljellä", None),
        ("Tom&#39;s 12 cats", "Tomin kaksitoista kissaa", None),
        ("Open 3 files", "Avaa kolme tiedostoa", None),
        ("Paid 1,234.50 on 12/24", "Maksettu 1 234,50 päivänä 24.12.", None),
        ("100 % of %(name)s's pages", "100 % käyttäjän %(name)s sivuista", None),
        ("Read <a href='x'>the manual</a>", "Lue <a href='y'>ohjekirja</a>", None),
    ],
)
def test_reasons(source: str, target: str, reason: str | None) -> None:
    kept, dropped = cleaned([row(source, target)])
    assert list(dropped) == ([] if reason is None else [reason])
    assert bool(kept) == (reason is None)


def test_suite_sentences_are_removed_on_either_side() -> None:
    rows = [
        row("A good morning to you", "Hyvää huomenta sinulle"),
        row("The night was long", "HYVÄÄ yötä, kaikille!"),
        row("Rain falls on us", "Sataa vettä"),
    ]
    blocked = {fingerprint("a GOOD morning, to you!"), fingerprint("Hyvää yötä kaikille")}
    kept, dropped = cleaned(rows, blocked=blocked)
    assert [r["source"] for r in kept] == ["Rain falls on us"]
    assert dropped == {"contaminated": 2}


def test_duplicates_count_once() -> None:
    rows = [
        row("Save the page", "Tallenna sivu"),
        row("save THE page.", "tallenna sivu"),
        row("a", "b"),
    ]
    kept, dropped = cleaned(rows)
    assert len(kept) == 1
    assert dropped == {"duplicate": 1, "too_short": 1}


def test_on_batch_sees_every_row_normalized() -> None:
    seen: list[tuple[str, str | None]] = []

    def on_batch(rows: pa.RecordBatch, reasons: Reasons) -> None:
        for text, number in zip(rows["source"].to_pylist(), reasons.tolist(), strict=True):
            seen.append((text, None if number == KEPT else REASONS[number]))

    batch = record_batch([row("  Save the\u00a0page ", "Tallenna sivu"), row("x", "y")])
    kept = list(clean([batch], CleanRules(LIMITS, FINNISH), Ledger(), on_batch=on_batch))
    assert seen == [("Save the page", None), ("x", "too_short")]
    assert [r["source"] for r in kept[0].to_pylist()] == ["Save the page"]


def test_a_suite_has_each_sentence_once() -> None:
    rows = [
        row("Save the page", "Tallenna sivu"),
        row("Save the page!", "Tallenna tämä"),
        row("Store the page", "Tallenna sivu"),
        row("Open the page", "Tallenna tämä"),
    ]
    kept: list[dict[str, Any]] = []
    for batch in suite_rows([record_batch(rows)], LIMITS, FINNISH, share=None, seed=1):
        kept += batch.to_pylist()
    assert [r["source"] for r in kept] == ["Save the page", "Open the page"]


def test_two_workers_give_what_one_gives() -> None:
    rows = [
        row(f"This is sentence number {i % 70} of many", f"Tämä on lause {i % 70} monesta")
        for i in range(200)
    ]
    batches = [record_batch(rows[start : start + 30]) for start in range(0, 200, 30)]
    context = Context("en", "fi", 1.0, load_identifier(None))
    rules = CleanRules(Clean(max_other_language=0.5), context, held_out_share=0.1, seed=1)

    def run(workers: int) -> tuple[list[dict[str, Any]], FilterReport]:
        ledger = Ledger()
        kept: list[dict[str, Any]] = []
        for batch in clean(batches, rules, ledger, workers=workers):
            kept += batch.to_pylist()
        return kept, ledger.report()

    assert run(2) == run(1)
    assert 0 < run(1)[1].kept <= 70
