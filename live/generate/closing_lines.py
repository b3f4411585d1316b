"""The five closing lines of a run of the generator, as texts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from backtest.candidates import is_accepted
from backtest.model import Candidate, Decisions, Skip
from backtest.params import Accept
from live.run.closing_lines import ClosingLines, counted, first_of, stopped_out_text
from live.signals.file import SignalFile
from live.state_db.rows import PositionRow

DOUBT_LENGTH = 80
"""How many characters of a doubt a closing line shows."""


def closing_lines_of(
    decided: Decisions | SignalFile,
    *,
    skipped: str,
    stopped_out: Sequence[PositionRow],
    needs_hand: Sequence[str],
    next_step: str,
) -> ClosingLines:
    """Return the lines for the executed strategy's decisions, or for the file of its accepted plan."""
    return ClosingLines(
        exits=counted(([f"{one.ticker} {one.reason.value}" for one in decided.exits], "decided")),
        entries=counted(([f"{one.ticker} {one.shares}" for one in decided.entries], "decided")),
        skipped=skipped,
        needs_hand=first_of(needs_hand, "; ") or "nothing",
        next_step=next_step,
        stopped_out=[stopped_out_text(row) for row in stopped_out],
    )


def skip_counts(skipped: Sequence[Skip]) -> str:
    """Return how many candidates were skipped for which reason."""
    counts = Counter(skip.reason.value for skip in skipped)
    if not counts:
        return "none"
    return f"{len(skipped)}: " + ", ".join(f"{count} {reason}" for reason, count in counts.most_common())


def doubtful_text(candidates: Sequence[Candidate], accept: Accept) -> str | None:
    """Return which candidates their verdict keeps out: `3 of 17 doubtful: ABC (not in the directory), …`; or None."""
    doubtful = [one for one in candidates if not is_accepted(one, accept)]
    if not doubtful:
        return None
    named = first_of([f"{one.ticker} ({_first_doubt(one)})" for one in doubtful])
    return f"{len(doubtful)} of {len(candidates)} doubtful: {named}"


def _first_doubt(candidate: Candidate) -> str:
    """Return the beginning of what speaks against a candidate, short enough for a line with others."""
    text = (candidate.problem or candidate.verdict.value).split("; ")[0].removeprefix(f"{candidate.ticker} is ")
    return text if len(text) <= DOUBT_LENGTH else f"{text[: DOUBT_LENGTH - 1]}…"
