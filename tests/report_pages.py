"""A run of many languages, made up but judged by the real gate, for tests of the page."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any, Literal, NamedTuple

from alignment.config import Gate
from alignment.gate import PairedOutcomes, SuiteOutcomes, decide
from alignment.pipeline.results import language_results, means, trial_record
from alignment.report.html import render_report
from alignment.report.mistakes import Mistake
from alignment.report.onnx import OnnxGraph, OnnxResults, OnnxScore
from alignment.report.pools import BeforeAfter, HardPool, MixedPool, Retrieval
from alignment.report.summary import (
    CorpusUse,
    Deployment,
    Digests,
    Rows,
    SemanticFilter,
    StageRecord,
    Summary,
    Training,
)
from alignment.triplets.audit import GuardCounts
from alignment.types import Approved, StepMetrics, Verdict

STEP = StepMetrics(
    step=1,
    loss=0.3,
    active=1.0,
    hard=0.5,
    positive=0.1,
    negative=0.2,
    gradient_norm=1.0,
    triplets=32,
    seconds=0.1,
)
_CODES = (
    "cy ga he fi et lt is hu de ar fa ur hi bn ta te ml kn mr gu pa ne si th lo km my ka hy az kk "
    "uz ky tg tk mn ko ja zh vi id ms tl jv su sw am ha yo ig zu xh st tn so om rw mg sn ny eu ca "
    "gl oc br gd fo nb nn sv da nl af fy lb pl cs sk sl hr bs sr mk bg uk be ru lv sq el tr ro it "
    "es pt fr eo la mt sc co"
)
CONTROLS = {"de", "fr"}
SENTENCES = {
    "he": "הזמנתי שולחן לשמונה אנשים, אבל הגענו רק חמישה.",
    "ar": "حجزت طاولة لثمانية أشخاص لكننا وصلنا خمسة فقط.",
    "ja": "八人分の席を予約しましたが、来たのは五人だけでした。",
    "ta": "எட்டு பேருக்கு மேசை முன்பதிவு செய்தேன், ஆனால் ஐந்து பேர் மட்டுமே வந்தோம்.",
}
HOSTILE = '<script>alert("1")</script> [b]bold[/b] \N{RIGHT-TO-LEFT OVERRIDE}txet'


class Run(NamedTuple):
    """What a page is made of."""

    summary: Summary
    audits: dict[int, dict[str, Any]]
    steps: list[StepMetrics]
    mistakes: dict[str, list[Mistake]]

    def page(self) -> str:
        """The page."""
        versions = {"torch": "2.13.0", "numpy": "2.4.1"}
        return render_report(self.summary, self.audits, self.steps, versions, self.mistakes)


def make_run(
    count: int, *, suites: Sequence[str] = ("heldout",), pools: bool = False, seed: int = 0
) -> Run:
    """`count` languages with changes from a clear loss to a large gain."""
    draw = random.Random(seed)
    codes = _CODES.split()[:count]
    verdict = decide(_outcomes(codes, suites, draw), dict.fromkeys(codes, Gate(floor=0.55)), "v4")
    steps = [_step(number, codes, draw) for number in range(1, 151)]
    mistakes = {code: _mistakes(code, suites[0], draw) for code in codes}
    audit = {
        "margin": 0.2,
        "strategies": {name: _strategy(draw) for name in ("random", "lexical", "semantic")},
        "languages": {code: asdict(GuardCounts(considered=12_345, fallback=67)) for code in codes},
    }
    return Run(_summary(codes, verdict, draw, pools=pools), {0: audit}, steps, mistakes)


def _outcomes(
    codes: Sequence[str], suites: Sequence[str], draw: random.Random
) -> Iterator[SuiteOutcomes]:
    for suite in suites:
        for number, code in enumerate(codes):
            pairs = draw.choice((90, 300, 600))
            before = draw.uniform(0.5, 0.9)
            gain = -0.09 if number % 12 == 1 else draw.uniform(-0.02, 0.25)
            yield SuiteOutcomes(
                code,
                suite,
                forward=_answers(pairs, before, gain, draw),
                backward=_answers(pairs, before, gain, draw),
                measures=dict.fromkeys(("forward", "backward"), _measures(number)),
            )


def _measures(number: int) -> dict[str, float]:
    share = number % 40 / 100
    return {"f1": 0.55 + share, "xsim_ratio": 0.4 - share, "mrr": 0.6 + share, "hubness": 1.2}


def _answers(pairs: int, before: float, gain: float, draw: random.Random) -> PairedOutcomes:
    reference = [draw.random() < before for _ in range(pairs)]
    candidate = []
    for was_right in reference:
        lost = was_right and draw.random() < max(0.03, -gain / before)
        won = not was_right and draw.random() < max(0.05, gain / (1 - before))
        candidate.append((was_right and not lost) or won)
    return PairedOutcomes(reference, candidate)


def _mistakes(code: str, suite: str, draw: random.Random) -> list[Mistake]:
    text = SENTENCES.get(code, f"A sentence in {code} about a table for eight, of whom five came.")
    english = "I had booked a table for eight people, but only five of us arrived in the end."
    mistakes = []
    for number in range(10):
        is_forward = number % 2 == 0
        mistakes.append(
            Mistake(
                suite=suite,
                direction="forward" if is_forward else "backward",
                query=english if is_forward else text,
                retrieved=f"{text} ({number})" if is_forward else f"{english} ({number})",
                gold=text if is_forward else english,
                similarity=0.9 - number / 50,
                gold_similarity=draw.uniform(0.3, 0.7),
                is_new=number % 3 == 0,
            )
        )
    return mistakes


def _step(number: int, codes: Sequence[str], draw: random.Random) -> StepMetrics:
    progress = number / 150
    validation = {}
    if number % 30 == 0:
        validation = {code: min(1.0, 0.6 + 0.3 * progress * draw.random()) for code in codes}
    return StepMetrics(
        step=number,
        loss=0.2 * (1 - progress) + draw.random() / 50,
        active=1 - 0.6 * progress,
        hard=0.5 - 0.4 * progress,
        positive=0.3 - 0.2 * progress,
        negative=0.4 + 0.2 * progress,
        gradient_norm=1 + draw.random(),
        triplets=64,
        seconds=0.1,
        validation=validation,
    )


def _strategy(draw: random.Random) -> dict[str, Any]:
    hard = draw.randint(100, 600)
    example = {
        "anchor": HOSTILE,
        "positive": SENTENCES["he"],
        "negative": SENTENCES["ar"],
        "rank": 0,
        "chrf": 23.4,
    }
    return {
        "count": 2000,
        "measured": 2000,
        "easy": 1400 - hard,
        "semi-hard": 600,
        "hard": hard,
        "positive_similarity": 0.91,
        "negative_similarity": 0.62,
        "by_language": 0.0,
        "by_length": 0.53,
        "examples": [example] * 3,
    }


def _summary(
    codes: Sequence[str], verdict: Verdict, draw: random.Random, *, pools: bool
) -> Summary:
    trained = [code for code in codes if code not in CONTROLS]
    results = language_results(verdict, trained)
    approved = isinstance(verdict, Approved)
    return Summary(
        name="quickstart",
        run="20260101T000000-abcd",
        started="2026-01-01T00:00:00+00:00",
        seconds=335.4,
        verdict="approved" if approved else "rejected",
        reference=verdict.reference,
        trial=trial_record(verdict),
        version="v5" if approved else None,
        champion="v5" if approved else "v4",
        mean=means(results),
        languages=results,
        rows={code: _rows(draw) for code in trained},
        corpora=[
            CorpusUse(name="OpenSubtitles", version="v2018", license="CC-BY-4.0", pairs=1_234_567),
            CorpusUse(name="<b>django</b>", version="5.2", license="BSD-3-Clause", pairs=98_765),
        ],
        semantic={code: _semantic(draw) for code in trained},
        pivot="en",
        training=Training(steps=150, triplets=9600, seconds=98.0),
        stages=_stages(codes),
        seconds_per_stage={"train": 98.0},
        history=[_deployment(number) for number in range(1, 5)],
        digests=Digests(candidate="c" * 64, reference="e" * 64),
        **(_pools(codes, draw) if pools else {}),
    )


def _rows(draw: random.Random) -> Rows:
    kept = draw.randint(400, 90_000)
    dropped = {"too_short": 800, "held_out": 9_500, "duplicate": 3_000, "other_numbers": 41}
    return Rows(
        pulled=kept + sum(dropped.values()),
        kept=kept,
        dropped=dropped,
        skipped={"untranslated": 628},
        triplets=2 * kept,
        triplets_seen=kept // 2,
    )


def _semantic(draw: random.Random) -> SemanticFilter:
    return SemanticFilter(
        outcome="filtered",
        pairs=9_000,
        dropped=300,
        noise=0.03,
        separation=0.98,
        threshold=0.1,
        edges=[number / 10 - 1 for number in range(21)],
        pair_counts=[draw.randint(0, 20) + 10 * number for number in range(20)],
        mismatched_counts=[draw.randint(0, 20) + 10 * (20 - number) for number in range(20)],
    )


def _stages(codes: Sequence[str]) -> list[StageRecord]:
    records = []
    for stage in ("pull", "clean", "embed", "mine", "evaluate"):
        for code in codes:
            records.append(_record(stage, code))
    return [*records, _record("holdout", ""), _record("triplets", ""), _record("train", "")]


def _record(stage: str, label: str) -> StageRecord:
    key = f"{len(stage):02x}{label.encode().hex()}".ljust(64, "0")
    counts = {"pairs": 12_000, "kept": 9_000}
    return StageRecord(
        stage=stage, label=label, key=key, reused=False, seconds=1.5, counts=counts, digest=key
    )


def _deployment(number: int) -> Deployment:
    return Deployment(
        time=f"2026-0{number}-03T02:15:00+00:00",
        action="publish" if number != 3 else "override",
        version=f"v{number}",
        previous=f"v{number - 1}" if number > 1 else None,
        approved=number != 3,
        accuracy={"heldout": 0.6 + 0.03 * number},
        languages={"heldout": 8},
        by="ana" if number == 3 else "",
        reason="Welsh is <b>urgent</b>" if number == 3 else "",
    )


def _pools(codes: Sequence[str], draw: random.Random) -> dict[str, Any]:
    def pair(low: float) -> BeforeAfter:
        before = draw.uniform(low, 0.9)
        return BeforeAfter(before=before, after=min(1.0, before + draw.uniform(-0.03, 0.1)))

    mixed = {
        code: MixedPool(
            queries=300,
            accuracy=pair(0.5),
            recall=pair(0.8),
            own_language=pair(0.2),
            share_of_pool=1 / len(codes),
        )
        for code in codes
    }
    errors = {"number": 36, "other_text": 24, "word_order": 1}
    hard = {
        code: {"heldout": HardPool(queries=600, plain=pair(0.6), hard=pair(0.4), errors=errors)}
        for code in codes
    }
    metrics = {"ndcg@10": pair(0.3), "recall@100": pair(0.6), "mrr@10": pair(0.3)}
    documents = {"faq": Retrieval(queries=50, documents=8_000, metrics=metrics)}
    graphs = {"onnx": _graph(codes, "fp32", 0.0), "onnx-int8": _graph(codes, "int8", 0.02)}
    return {
        "onnx": OnnxResults(lowest_cosine=0.9999996, problem="", graphs=graphs),
        "mixed_pool": mixed,
        "hard_pool": hard,
        "retrieval": dict.fromkeys(codes[:5], documents),
    }


def _graph(codes: Sequence[str], precision: Literal["fp32", "int8"], loss: float) -> OnnxGraph:
    """A graph that loses as much in every language; more than a point is refused."""
    refused = loss > 0.01
    score = OnnxScore(torch=0.8, onnx=0.8 - loss, refused=refused, reason=HOSTILE)
    languages = {code: {"heldout": score} for code in codes}
    return OnnxGraph(
        precision=precision, accepted=not refused, bytes=118_000_000, languages=languages
    )
