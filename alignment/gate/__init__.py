"""The gate: outcomes of queries in, a verdict out. Pure rules and statistics, no files.

A language passes on a suite if its accuracy reaches the floor and the candidate is not
significantly worse than the reference on the same queries. The gate is monotone: turning a wrong
answer of the candidate into a right one never turns a pass into a failure.
"""

from alignment.gate.rules import PairedOutcomes, SuiteOutcomes, decide, judge
from alignment.gate.statistics import count_discordant, sign_test, wilson

__all__ = [
    "PairedOutcomes",
    "SuiteOutcomes",
    "count_discordant",
    "decide",
    "judge",
    "sign_test",
    "wilson",
]
