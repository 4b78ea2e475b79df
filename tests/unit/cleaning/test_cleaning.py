from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from alignment.cleaning.clean import Ledger, clean, suite_rows
from alignment.cleaning.filters import Context
from alignment.cleaning.langid import load_identifier
from alignment.cleaning.normalize import comparable, fingerprint, normalize, repair
from alignment.config import Clean
from alignment.types import FilterReport

LIMITS = Clean()
NOTHING = np.zeros(0, dtype=np.int64)
FINNISH = Context("en", "fi")


def batch(rows: Iterable[Mapping[str, str]]) -> list[pa.RecordBatch]:
    return [
        pa.RecordBatch.from_pylist(
            list(rows), pa.schema([("source", pa.string()), ("target", pa.string())])
        )
    ]


def cleaned(
    rows: Iterable[Mapping[str, str]],
    limits: Clean = LIMITS,
    blocked: Iterable[int] = (),
    context: Context = FINNISH,
) -> tuple[list[dict[str, Any]], Mapping[str, int]]:
    ledger = Ledger()
    hashes = np.array(sorted(blocked), dtype=np.int64)
    kept = clean(batch(rows), limits, ledger, share=0.0, seed=1, blocked=hashes, context=context)
    found = [row for batch in kept for row in batch.to_pylist()]
    report = ledger.report()
    assert report.kept == len(found)
    return found, report.dropped


def test_normalize() -> None:
    assert normalize("  Cafe\u0301 \u200b\tis\u00a0 open\u0007 ") == "Café is open"
    assert normalize("می\u200cخواهم") == "می\u200cخواهم"  # the joiner belongs to the spelling


def test_comparable() -> None:
    assert comparable("Save changes?") == comparable("  save  CHANGES…") == "savechanges"
    assert comparable("ﬁle №１") == "fileno1"
    assert comparable("?! …") == ""
    assert fingerprint("Straße 5") == fingerprint("STRASSE 5")


def test_repair() -> None:
    assert repair("TÃ¤mÃ¤ on hyvÃ¤Ã¤") == "Tämä on hyvää"
    assert repair("L&eacute;a <b>") == "L&eacute;a <b>"  # entities are not encoding


@pytest.mark.parametrize(
    ("source", "target", "reason"),
    [
        ("Save the page", "", "empty"),
        ("Save it", "Tallenna se", "too_few_words"),
        ("Save the page", "x", "too_short"),
        ("Save the page", "y" * 601, "too_long"),
        ("a b " * 61, "Sana ja toinen " * 15, "too_many_words"),
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
        ("Open 3 files", "Avaa kolme tiedostoa", None),
        ("Paid 1,234.50 on 12/24", "Maksettu 1 234,50 päivänä 24.12.", None),
        ("100 % of %(name)s's pages", "100 % käyttäjän %(name)s sivuista", None),
        ("Read <a href='x'>the manual</a>", "Lue <a href='y'>ohjekirja</a>", None),
    ],
)
def test_reasons(source: str, target: str, reason: str | None) -> None:
    kept, dropped = cleaned([row(source, target)])
    assert (list(dropped) or [None])[0] == reason
    assert bool(kept) == (reason is None)


@pytest.mark.parametrize(
    ("language", "target"),
    [
        ("ja", "ニュースを見る"),
        ("ko", "뉴스를 봅니다"),
        ("sr", "Sačuvaj stranicu"),
        ("sr", "Сачувај страницу"),
        ("hi", "\u0915\u093e\u0928"),
    ],
)
def test_languages_keep_their_own_scripts(language: str, target: str) -> None:
    assert cleaned([row("See the news", target)], context=Context("en", language))[0]


def test_filters_can_be_chosen_ordered_and_switched_off() -> None:
    pair = [row("Save the page", "y" * 700)]
    assert list(cleaned(pair)[1]) == ["too_long"]
    assert list(cleaned(pair, Clean(filters=("length_ratio", "too_long")))[1]) == ["length_ratio"]
    assert cleaned(pair, Clean(filters=()))[0]
    assert list(cleaned([row("Go now to %s", "Mene sinne nyt")])[1]) == ["unbalanced_markup"]
    assert cleaned([row("Go now to %s", "Mene sinne nyt")], Clean(max_unbalanced=None))[0]


def test_language_id_judges_only_what_its_model_knows() -> None:
    limits = Clean(max_other_language=0.5)
    german = row(
        "This sentence is written in English", "Dieser Satz ist auf Deutsch geschrieben worden"
    )
    identifier = load_identifier(None)
    assert list(cleaned([german], limits, context=Context("en", "fi", 1.0, identifier))[1]) == [
        "other_language"
    ]
    assert cleaned([german], limits, context=Context("en", "de", 1.0, identifier))[0]
    assert not identifier.knows("ach")
    assert cleaned([german], limits, context=Context("en", "ach", 1.0, identifier))[0]


def row(source: str, target: str) -> dict[str, str]:
    return {"source": source, "target": target}


def test_decontamination_finds_a_suite_sentence_in_other_case_on_either_side() -> None:
    rows = [
        row("A good morning to you", "Hyvää huomenta sinulle"),
        row("The night was long", "HYVÄÄ yötä, kaikille!"),
        row("Rain falls on us", "Sataa vettä"),
    ]
    blocked = {fingerprint("a GOOD morning, to you!"), fingerprint("Hyvää yötä kaikille")}
    kept, dropped = cleaned(rows, blocked=blocked)
    assert [r["source"] for r in kept] == ["Rain falls on us"]
    assert dropped == {"contaminated": 2}


def test_duplicates_count_once_and_the_ledger_adds_up() -> None:
    rows = [
        row("Save the page", "Tallenna sivu"),
        row("save THE page.", "tallenna sivu"),
        row("a", "b"),
    ]
    kept, dropped = cleaned(rows)
    assert len(kept) == 1
    assert dropped == {"duplicate": 1, "too_short": 1}


def test_one_target_stands_for_a_limited_number_of_sources() -> None:
    rows = [
        row(f"This is page {name}", "Sivu on tässä") for name in ("one", "two", "three", "four")
    ]
    kept, dropped = cleaned(rows, Clean(max_same_target=2))
    assert [r["source"] for r in kept] == ["This is page one", "This is page two"]
    assert dropped == {"same_target": 2}


def test_near_duplicates_go_when_asked() -> None:
    long = "The committee met on Monday to discuss the new budget for the coming year"
    rows = [
        row(
            long,
            "Komitea kokoontui maanantaina keskustelemaan tulevan vuoden uudesta talousarviosta",
        ),
        row(
            long + "s",
            "Komitea kokoontui maanantaina keskustelemaan tulevan vuoden uudesta talousarviosta.",
        ),
        row("A wholly different sentence stands here", "Tässä on kokonaan toinen lause"),
        row("one two three", "ab"),
        row("one two four", "cd"),
    ]
    assert len(cleaned(rows)[0]) == 5
    kept, dropped = cleaned(rows, Clean(near_duplicates=0.7))
    assert len(kept) == 4 and dropped == {"near_duplicate": 1}


def test_a_suite_has_each_sentence_once_on_each_side() -> None:
    rows = [
        row("Save the page", "Tallenna sivu"),
        row("Save the page!", "Tallenna tämä"),
        row("Store the page", "Tallenna sivu"),
        row("Open the page", "Tallenna tämä"),
    ]
    found = suite_rows(batch(rows), LIMITS, FINNISH, share=None, seed=1)
    assert [r["source"] for b in found for r in b.to_pylist()] == ["Save the page", "Open the page"]


def test_two_workers_give_what_one_gives() -> None:
    rows = [
        row(f"This is sentence number {i % 70} of many", f"Tämä on lause {i % 70} monesta")
        for i in range(200)
    ]
    batches = [piece for start in range(0, 200, 30) for piece in batch(rows[start : start + 30])]
    limits = Clean(max_other_language=0.5)
    context = Context("en", "fi", 1.0, load_identifier(None))

    def run(workers: int) -> tuple[list[dict[str, Any]], FilterReport]:
        ledger = Ledger()
        found = clean(
            batches,
            limits,
            ledger,
            share=0.1,
            seed=1,
            blocked=NOTHING,
            context=context,
            workers=workers,
        )
        return [r for b in found for r in b.to_pylist()], ledger.report()

    assert run(2) == run(1)
