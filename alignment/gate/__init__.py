"""The gate: outcomes of queries in, a verdict out. Pure rules and statistics, no files.

A language passes on a suite if its accuracy reaches the floor and no paired test says that it is
worse than the reference by more than the margin. The tests of all languages and suites share one
alpha (Holm), and so do all candidates against one reference. The gate is monotone: turning a wrong
answer of the candidate into a right one never turns a pass into a failure.
"""

from alignment.gate.behind import Behind, behind_best
from alignment.gate.decide import decide, judge
from alignment.gate.evidence import Earlier, SuiteKey, check_suite_size
from alignment.gate.exports import ExportOutcome
from alignment.gate.family import holm, spent
from alignment.gate.flips import p_as_bad, p_no_better, p_worse
from alignment.gate.further import Further, p_lost
from alignment.gate.outcomes import Changes, PairedOutcomes, SuiteOutcomes, count_changes
from alignment.gate.statistics import (
    change_interval,
    count_discordant,
    p_fallen,
    sign_test,
    wilson,
)

__all__ = [
    "Behind",
    "Changes",
    "Earlier",
    "ExportOutcome",
    "Further",
    "PairedOutcomes",
    "SuiteKey",
    "SuiteOutcomes",
    "behind_best",
    "change_interval",
    "check_suite_size",
    "count_changes",
    "count_discordant",
    "decide",
    "holm",
    "judge",
    "p_as_bad",
    "p_fallen",
    "p_lost",
    "p_no_better",
    "p_worse",
    "sign_test",
    "spent",
    "wilson",
]
