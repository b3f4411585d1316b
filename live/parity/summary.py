"""The result of a replay, for people (`docs/parity.md`, the terminal) and for programs (`--json`)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from backtest.ledger import Trade
from backtest.money import format_usd
from backtest.params import Params
from backtest.settings import params_to_plain
from live.parity.compare import Comparison
from live.parity.day_loop import RunCounts

MOST_SHOWN = 40
LABEL = 10
"""Characters of the first column of the text."""


@dataclass(frozen=True, slots=True)
class ReplayResult:
    """The whole result. seconds: wall time of the programs' days and of the simulations.

    processor_seconds: of the programs' days; on a machine that does other work too it alone tells what they cost.
    """

    first: date
    last: date
    sessions: int
    skipped_sessions: int
    refused_sessions: int
    candidates: int
    tickers: int
    counts: RunCounts
    comparisons: tuple[Comparison, ...]
    trades: tuple[Trade, ...]
    params: Params
    fingerprint: str
    live_seconds: float
    processor_seconds: float
    simulator_seconds: float

    @property
    def is_equal(self) -> bool:
        return all(one.is_equal for one in self.comparisons)

    @property
    def exits(self) -> Mapping[str, int]:
        """Exits of the executed strategy by reason."""
        return dict(sorted(Counter(trade.exit_reason.value for trade in self.trades).items()))


def as_text(result: ReplayResult) -> str:
    """Return the summary for a terminal."""
    lines = [
        f"{result.sessions} sessions from {result.first} to {result.last}, {result.candidates} candidates, "
        f"{result.counts.runs} runs of the two programs, {result.counts.requests} requests",
        *_comparison_lines(result.comparisons),
        "exits      " + ", ".join(f"{reason} {count}" for reason, count in result.exits.items()),
        f"wall time  programs {result.live_seconds:.1f} s (of the processor {result.processor_seconds:.1f} s), "
        f"simulators {result.simulator_seconds:.1f} s",
        *_difference_lines(result),
        "EQUAL: every trade and every skip" if result.is_equal else "NOT EQUAL",
    ]
    return "\n".join(lines)


def as_json(result: ReplayResult) -> dict[str, object]:
    """Return the summary as plain values; prices of differences stay text."""
    return {
        "equal": result.is_equal,
        "from": result.first.isoformat(),
        "to": result.last.isoformat(),
        "sessions": result.sessions,
        "skipped_sessions": result.skipped_sessions,
        "refused_sessions": result.refused_sessions,
        "candidates": result.candidates,
        "runs": result.counts.runs,
        "exit_codes": {str(code): count for code, count in sorted(result.counts.codes.items())},
        "requests": result.counts.requests,
        "exits": dict(result.exits),
        "seconds": {
            "programs": round(result.live_seconds, 3),
            "programs_of_processor": round(result.processor_seconds, 3),
            "simulators": round(result.simulator_seconds, 3),
        },
        "strategies": [
            {
                "strategy": one.strategy,
                "trades_compared": one.trades_compared,
                "skips_compared": one.skips_compared,
                "differences": [
                    {
                        "day": difference.day.isoformat(),
                        "ticker": difference.ticker,
                        "field": difference.field,
                        "live": difference.live,
                        "simulator": difference.simulated,
                    }
                    for difference in one.differences
                ],
            }
            for one in result.comparisons
        ],
    }


def as_markdown(result: ReplayResult, command: str) -> str:
    """Return the page that documents a replay; written by the replay itself, never by hand."""
    closed = [trade for trade in result.trades if trade.exit_reason.value != "end_of_data"]
    rows = [
        ("sessions", f"{result.sessions} ({result.first} to {result.last})"),
        ("sessions skipped on purpose", str(result.skipped_sessions)),
        *([("sessions refused on purpose", str(result.refused_sessions))] if result.refused_sessions else []),
        ("candidates", f"{result.candidates} in {result.tickers} tickers with bars"),
        ("runs of the two programs", f"{result.counts.runs}, exit codes {_codes(result.counts.codes)}"),
        ("requests to the embedded exchange", f"{result.counts.requests:,}"),
        ("wall time of the programs' days", f"{result.live_seconds:.1f} s"),
        ("sessions a second of the processor", f"{result.sessions / max(result.processor_seconds, 1e-9):.1f}"),
        ("wall time of the simulators", f"{result.simulator_seconds:.1f} s"),
        ("trades closed", f"{len(closed)}, P&L {format_usd(sum(trade.pnl for trade in closed))} USD"),
        *((f"exits: {reason}", str(count)) for reason, count in result.exits.items()),
        ("data fingerprint", f"`{result.fingerprint[:16]}`"),
    ]
    ledgers = [
        f"| `{one.strategy}` | {one.trades_compared} | {one.skips_compared} | {len(one.differences)} |"
        for one in result.comparisons
    ]
    changed = _changed(result.params)
    return (
        "\n".join(
            [
                "# Proof of parity",
                "",
                "Written by the command below, not by hand. The two programs traded every session on the",
                "embedded exchange; then the portfolio simulator ran over the same days. Compared: ticker, dates,",
                "reason, shares, entry, stop and exit price to 1/10,000 USD, P&L, and every skip with its reason.",
                "",
                f"    {command}",
                "",
                f"**{'No difference.' if result.is_equal else 'NOT EQUAL.'}**",
                "",
                "| strategy | trades compared | skips compared | differences |",
                "|---|---|---|---|",
                *ledgers,
                "",
                "| | |",
                "|---|---|",
                *(f"| {name} | {value} |" for name, value in rows),
                "",
                f"Parameters: {changed}.",
                "",
                *(f"- {line}" for line in _difference_lines(result)),
            ]
        ).rstrip()
        + "\n"
    )


def _comparison_lines(comparisons: Sequence[Comparison]) -> Iterator[str]:
    width = max(LABEL, *(len(one.strategy) for one in comparisons))
    for one in comparisons:
        ended = "no difference" if one.is_equal else f"{len(one.differences)} DIFFERENCES"
        yield f"{one.strategy:<{width}} {one.trades_compared} trades, {one.skips_compared} skips compared: {ended}"


def _difference_lines(result: ReplayResult) -> list[str]:
    all_ = [difference.sentence() for one in result.comparisons for difference in one.differences]
    more = [f"and {len(all_) - MOST_SHOWN} more (--json lists all)"] if len(all_) > MOST_SHOWN else []
    return [*all_[:MOST_SHOWN], *more]


def _codes(codes: Mapping[int, int]) -> str:
    return ", ".join(f"{code}: {count}" for code, count in sorted(codes.items())) or "none"


def _changed(params: Params) -> str:
    reference = params_to_plain(Params())
    plain = params_to_plain(params)
    changed = [f"{name}={value}" for name, value in plain.items() if (name, value) not in reference.items()]
    return ", ".join(changed) or "the reference configuration"
