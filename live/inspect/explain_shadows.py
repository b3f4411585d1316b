"""What each shadow decided about a ticker on one trade date, and what it has otherwise than the executed strategy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from live.inspect.decision_words import reason_words, title_words
from live.inspect.explain_values import Decided, Kind, decided_in
from live.inspect.shadow_settings import Otherwise, otherwise, otherwise_text
from live.signals.reader import parse_signal_file
from live.state_db.db import StateDB
from live.state_db.records import RunRow, SignalFileRow
from live.state_db.shadow_decisions import ShadowDecision, decisions_about

_KINDS: Mapping[str, Kind] = {
    "entry": Kind.BUY,
    "exit": Kind.SELL,
    "skip": Kind.SKIP,
    "held": Kind.STAY,
}


@dataclass(frozen=True, slots=True)
class ShadowView:
    """One shadow on a trade date. kind, reason: what it decided first, None: nothing. decided: as its file has it.

    otherwise: of the run that decided; empty also where that run's settings are not on record.
    """

    strategy: str
    kind: Kind | None
    reason: str | None = None
    decided: tuple[Decided, ...] = ()
    otherwise: tuple[Otherwise, ...] = ()

    @property
    def title(self) -> str:
        """The decision in a word or two."""
        return "nothing decided, it does not hold it" if self.kind is None else title_words(self.kind, self.reason)

    @property
    def lines(self) -> tuple[str, ...]:
        """What it decided, with the meaning of its reason; what it has otherwise."""
        meaning = "" if self.reason is None else reason_words(self.reason).removeprefix(self.reason)
        said = f"{self.strategy} (only watched): {self.title}{meaning}"
        return (said, f"{self.strategy} has {otherwise_text(self.otherwise)}") if self.otherwise else (said,)


def shadow_views(
    db: StateDB, files: Iterable[SignalFileRow], ticker: str, day: date, executed: str
) -> tuple[ShadowView, ...]:
    """Return every shadow that decided for a trade date.

    files: of the trade date; a shadow has none where the run was refused, then its rows tell. executed: not a shadow.
    """
    of_strategy = {row.strategy: row for row in files if row.strategy != executed}
    rows = {one.strategy: one for one in decisions_about(db.connection, ticker, day) if one.strategy != executed}
    runs = {name: row.run_id for name, row in rows.items()} | {name: row.run_id for name, row in of_strategy.items()}
    known = db.runs.by_ids([one for one in runs.values() if one is not None])
    views = []
    for name in dict.fromkeys((*of_strategy, *rows)):
        has_otherwise = otherwise(_strategy_settings(known.get(runs[name] or "")), name)
        if name in of_strategy:
            row = of_strategy[name]
            said = decided_in(parse_signal_file(row.text.encode(), where=row.path).signal, ticker)
            views.append(_of_file(name, said, has_otherwise))
        else:
            views.append(_of_rows(rows[name], has_otherwise))
    return tuple(views)


def _of_file(name: str, said: tuple[Decided, ...], has_otherwise: tuple[Otherwise, ...]) -> ShadowView:
    if not said:
        return ShadowView(name, None, otherwise=has_otherwise)
    line = said[0].skip or said[0].exit
    return ShadowView(name, said[0].kind, None if line is None else str(line.reason), said, has_otherwise)


def _of_rows(row: ShadowDecision, has_otherwise: tuple[Otherwise, ...]) -> ShadowView:
    return ShadowView(row.strategy, _KINDS.get(row.kind or ""), row.reason, otherwise=has_otherwise)


def _strategy_settings(run: RunRow | None) -> Mapping[str, Any]:
    return {} if run is None or run.settings is None else run.settings.get("strategy", {})
