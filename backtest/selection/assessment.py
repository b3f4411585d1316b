"""What a choice among many configurations is worth: figures by the true number of trials, and a sentence. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from backtest.measures.yearly import yearly_sharpe
from backtest.selection.deflated_sharpe import deflated_sharpe, expected_best_sharpe, sharpe_spread
from backtest.selection.moments import Moments
from backtest.selection.overfitting import overfitting_probability
from backtest.selection.reality_check import chance_of_choice
from backtest.selection.track_record import minimum_track_record

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CONFIDENCE = 0.95
SMALL = 0.05
EVEN = 0.5
"""At this probability of overfitting a choice is worth what a coin is."""


class Verdict(StrEnum):
    """NOISE: the chosen one's return may be chance. ARBITRARY: the strategy's may not, the choice may."""

    NOISE = "not_better_than_chance"
    ARBITRARY = "choice_not_better_than_chance"
    BETTER = "better_than_chance"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Assessment:
    """A chosen configuration among its trials; Sharpe ratios a year, None where there is none.

    trials: every configuration ever tried, here or before. low, high: 95 % interval of the Sharpe ratio by the block
    bootstrap, None of a short stretch. hurdle: what the best of so many reaches by chance. deflated: probability that
    the true Sharpe ratio is above 0, given the trials. choice_by_chance: probability that one of the study's
    configurations would stand out like the chosen one were all equally good. overfitting: probability that the best
    in one half of the time is below the middle in the other. sessions_needed: minimum track record of a Sharpe ratio
    above 0 with 95 %.
    """

    sessions: int
    trials: int
    sharpe: float | None
    low: float | None
    high: float | None
    hurdle: float
    deflated: float | None
    choice_by_chance: float | None = None
    overfitting: float | None = None
    sessions_needed: float | None = None

    @property
    def verdict(self) -> Verdict:
        """What all figures together say; a figure that is not known says nothing."""
        if self.deflated is None:
            return Verdict.UNKNOWN
        if self.deflated < CONFIDENCE:
            return Verdict.NOISE
        choice, overfitting = self.choice_by_chance, self.overfitting
        is_arbitrary = (choice is not None and choice > SMALL) or (overfitting is not None and overfitting >= EVEN)
        return Verdict.ARBITRARY if is_arbitrary else Verdict.BETTER


def assess(returns: NDArray[np.float64], moments: Moments, trials: int, sharpes: Sequence[float]) -> Assessment:
    """Return what one configuration is worth among `trials`, whose Sharpe ratios a session are given."""
    from backtest.measures.intervals import account_intervals

    spread = sharpe_spread(sharpes)
    low, high = account_intervals(returns.tolist())["sharpe"] or (None, None)
    return Assessment(
        sessions=moments.n,
        trials=trials,
        sharpe=moments.yearly_sharpe,
        low=low,
        high=high,
        hurdle=yearly_sharpe(expected_best_sharpe(trials, spread)),
        deflated=deflated_sharpe(moments, trials, spread),
        sessions_needed=minimum_track_record(moments, confidence=CONFIDENCE),
    )


def assess_choice(
    returns: NDArray[np.float64], chosen: int, moments: Sequence[Moments], trials: int, sharpes: Sequence[float]
) -> Assessment:
    """Return what a configuration chosen in a study is worth.

    returns: a row a session, a column a configuration; moments: of each column. trials, sharpes: of all trials known,
    those of the study among them.
    """
    return replace(
        assess(returns[:, chosen], moments[chosen], trials, sharpes),
        choice_by_chance=chance_of_choice(returns, chosen),
        overfitting=overfitting_probability(returns),
    )


def sentence(found: Assessment, name: str) -> str:
    """Return the result in one sentence. name: of the configuration that was chosen."""
    if found.sharpe is None or found.deflated is None:
        return f"Nothing can be said of {name}: its account did not move enough in {found.sessions} sessions."
    interval = "no interval" if found.low is None else f"95 % interval {found.low:.2f} to {found.high:.2f}"
    what = f"{name} (Sharpe ratio {found.sharpe:.2f} a year, {interval})"
    deflated = f"deflated Sharpe ratio {found.deflated:.2f}"
    if found.verdict is Verdict.NOISE:
        return f"{what} is not better than chance among {_trials(found)}: {deflated}, below {CONFIDENCE}."
    if found.verdict is Verdict.ARBITRARY:
        return (
            f"{what} earns more than chance ({deflated}), but its choice is not better than chance among "
            f"{_trials(found)}: {_choice(found)}."
        )
    choice = _choice(found)
    return f"{what} is better than chance among {_trials(found)}: {deflated}" + (f", {choice}." if choice else ".")


def _choice(found: Assessment) -> str:
    parts = []
    if found.choice_by_chance is not None:
        parts.append(f"one of them would stand out like this with probability {found.choice_by_chance:.2f}")
    if found.overfitting is not None:
        parts.append(f"probability of overfitting {found.overfitting:.2f}")
    return ", ".join(parts)


def _trials(found: Assessment) -> str:
    return "1 trial" if found.trials == 1 else f"{found.trials:,} trials"
