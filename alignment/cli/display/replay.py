"""A decision that was made again."""

from __future__ import annotations

from alignment import languages
from alignment.cli.display.console import say
from alignment.cli.display.results import print_accuracy
from alignment.pipeline.replay import Replay
from alignment.types import Approved, Verdict


def print_replay(replay: Replay) -> None:
    """The accuracy tables with the new decision, and what differs from the recorded one."""
    print_accuracy(replay.summary)
    say(
        f"Run {replay.summary.run}: recorded as {_word(replay.recorded)}, "
        f"with these rules {_word(replay.verdict)}. Nothing was stored or deployed."
    )
    changes = replay.changed()
    for before, after in changes:
        state = "passes now" if after.passed else "is refused now"
        reason = before.reason if after.passed else after.reason
        name = languages.name(after.language)
        say(f"  {name}, {after.suite}: {state} ({'before: ' if after.passed else ''}{reason})")
    if not changes:
        say("  Every language and suite is decided as before.")


def _word(verdict: Verdict) -> str:
    return "approved" if isinstance(verdict, Approved) else "rejected"
