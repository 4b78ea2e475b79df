"""Data, negatives, training, lineage, history and pools."""

from dataclasses import replace

import pytest

from alignment.report.pools import BeforeAfter, HardPool, MixedPool
from alignment.report.sections.data import data_section
from alignment.report.sections.history import history_section
from alignment.report.sections.languages import MANY, languages_section
from alignment.report.sections.lineage import lineage_section
from alignment.report.sections.negatives import negatives_section
from alignment.report.sections.pools import hard_pool_section, mixed_pool_section
from alignment.report.sections.training import smoothed, training_section
from alignment.report.summary import Deployment, Digests, Rows, Summary
from tests.report_pages import STEP, make_run


class TestLanguages:
    def test_facts_are_in_alphabetical_order(self) -> None:
        section = languages_section(make_run(14).summary)
        names = [facts.name for facts in section.facts]
        assert names == sorted(names, key=str.casefold)
        assert len(names) == 14

    def test_many_languages_have_an_overview(self) -> None:
        few = languages_section(make_run(MANY).summary)
        many = languages_section(make_run(MANY + 1).summary)
        assert (few.many, few.tables[0].overview) == (False, None)
        assert many.many
        assert many.tables[0].overview is not None


class TestData:
    def test_rows_are_counted_together(self, summary: Summary) -> None:
        more = Rows(pulled=10, kept=3, dropped={"too_short": 2, "too_few_words": 5}, triplets=6)
        rows = {**summary.rows, "ga": more}
        section = data_section(summary.model_copy(update={"rows": rows}))
        assert (section.total.pulled, section.total.kept) == (12_010, 9_003)
        assert section.reasons == [("too_few_words", 3_005), ("too_short", 2)]
        assert [row.name for row in section.ledger] == ["Irish", "Welsh"]
        assert section.ledger[1].kept == "75%"

    def test_rare_reasons_are_counted_together(self, summary: Summary) -> None:
        dropped = {"a": 1, "b_c": 40, "d": 3, "e": 2, "f": 30}
        rows = Rows(pulled=76, kept=0, dropped=dropped, triplets=0)
        section = data_section(summary.model_copy(update={"rows": {"cy": rows}}))
        assert section.ledger[0].dropped == "b c 40, f 30, d 3, other reasons 3"


class TestTraining:
    def test_no_steps_no_section(self) -> None:
        assert training_section([]) is None

    def test_a_metric_without_values_has_no_panel(self) -> None:
        section = training_section([replace(STEP, gradient_norm=None)])
        assert section is not None
        assert [curve.title for curve in section.curves] == [
            "loss",
            "triplets (%)",
            "mean distance",
        ]
        assert section.languages == []

    def test_the_best_validation_is_named(self) -> None:
        accuracies = [(10, 0.5), (20, 0.8), (30, 0.8), (40, 0.6)]
        steps = [replace(STEP, step=step, validation={"fi": value}) for step, value in accuracies]
        section = training_section(steps)
        assert section is not None
        assert section.curves[-1].note == "best: 80.0 at step 30"  # the later one of equal steps
        (finnish,) = section.languages
        assert (finnish.name, finnish.first, finnish.best) == ("Finnish", "50.0", "80.0")

    def test_smoothing_starts_at_the_first_value(self) -> None:
        values = smoothed([2.0, 2.0, 4.0])
        assert values[:2] == pytest.approx([2.0, 2.0])
        assert 2.0 < values[2] < 4.0


class TestNegatives:
    def test_hardness_is_in_shares(self, summary: Summary) -> None:
        run = make_run(2)
        mining = negatives_section(summary, run.audits)[0]
        assert mining.encoder == "the base encoder"
        first = mining.strategies[0]
        assert first.hardness.startswith("easy ")
        assert first.hardness.count("%") == 3


class TestLineage:
    def test_stages_are_joined(self) -> None:
        summary = make_run(3).summary
        section = lineage_section(summary, {"torch": "2"})
        assert [(stage.stage, len(stage.artifacts)) for stage in section.stages][:2] == [
            ("pull", 3),
            ("clean", 3),
        ]
        assert section.identities[0].digest == "c" * 64
        assert section.packages == "torch 2"

    def test_runs_of_earlier_releases_have_no_digests(self, summary: Summary) -> None:
        assert summary.digests == Digests()
        assert lineage_section(summary, {}).identities == []


class TestHistory:
    def test_nothing_was_deployed(self, summary: Summary) -> None:
        assert history_section(summary) is None

    def test_the_newest_comes_first(self) -> None:
        section = history_section(make_run(3).summary)
        assert section is not None
        assert [row.version for row in section.rows] == ["v4", "v3", "v2", "v1"]
        override = section.rows[1]
        assert (override.action, override.approved) == ("deployed against the gate", False)
        assert override.note == "ana: Welsh is <b>urgent</b>"
        assert override.accuracy == ["69.0 (8)"]
        assert override.time == "2026-03-03 02:15"

    def test_a_line_ends_where_the_languages_change(self, summary: Summary) -> None:
        moves = [
            Deployment(
                time="2026-01-01T00:00:00",
                action="publish",
                version=f"v{number}",
                previous=None,
                accuracy={"heldout": 0.5 + number / 100},
                languages={"heldout": 3 if number < 3 else 9},
            )
            for number in range(5)
        ]
        section = history_section(summary.model_copy(update={"history": moves}))
        assert section is not None
        (curve,) = section.curves
        assert curve.chart.count("<polyline") == 2

    def test_a_line_ends_where_the_pairs_change(self, summary: Summary) -> None:
        moves = [
            Deployment(
                time="2026-01-01T00:00:00",
                action="publish",
                version=f"v{number}",
                previous=None,
                accuracy={"heldout": 0.5 + number / 100},
                languages={"heldout": 3},
                suites={"heldout": "first" if number < 2 else "second"},
            )
            for number in range(5)
        ]
        section = history_section(summary.model_copy(update={"history": moves}))
        assert section is not None
        (curve,) = section.curves
        assert curve.chart.count("<polyline") == 2


class TestPools:
    def test_bias_is_against_the_share_of_the_pool(self, summary: Summary) -> None:
        result = MixedPool(
            queries=300,
            accuracy=BeforeAfter(before=0.5, after=0.4),
            recall=BeforeAfter(before=0.5, after=None),
            own_language=BeforeAfter(before=0.5, after=0.3),
            share_of_pool=0.1,
        )
        table = mixed_pool_section(summary.model_copy(update={"mixed_pool": {"cy": result}}))
        assert table is not None
        (row,) = table.rows
        assert [cell.change for cell in row.cells] == ["−10.0", "", "−20.0"]
        assert row.notes == ["10.0", "3.0"]

    def test_the_worst_comes_first(self, summary: Summary) -> None:
        def hard(after: float) -> dict[str, HardPool]:
            measure = BeforeAfter(before=0.5, after=after)
            errors = {"number": 1, "other_text": 20}
            return {"heldout": HardPool(queries=100, plain=measure, hard=measure, errors=errors)}

        changed = summary.model_copy(update={"hard_pool": {"cy": hard(0.6), "ga": hard(0.4)}})
        table = hard_pool_section(changed)
        assert table is not None
        assert [row.name for row in table.rows] == ["Irish", "Welsh"]
        assert table.rows[0].notes == ["other text 20.0, number 1.0"]
