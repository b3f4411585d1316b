"""How a position was entered, what changed it, and how it ended, in sentences."""

from __future__ import annotations

from collections.abc import Iterator

from backtest.ledger import return_pct
from backtest.money import format_price, format_usd
from live.clock import NEW_YORK
from live.inspect.decision_words import reason_words
from live.inspect.events_text import payload_text
from live.inspect.explain_values import Explanation
from live.state_db.records import EventRow


def entry_words(found: Explanation) -> Iterator[str]:
    """Yield the entry, its stop with the true-up, and what changed the position since."""
    row = found.position
    if row is None:
        return
    yield (
        f"position {row.position_id}: entered {row.entry_date} at {format_price(row.entry_price)}, "
        f"{row.target_shares} shares wanted, {row.actual_shares} held now"
    )
    yield f"stop {format_price(row.stop_price)}, {row.stop_loss_bp / 100:g} % below the entry price{_true_up(found)}"
    for event in found.changes:
        yield f"{event.ts.astimezone(NEW_YORK):%Y-%m-%d}: {event_text(event)}"


def exit_words(found: Explanation) -> Iterator[str]:
    """Yield how the position ended, with its result."""
    row = found.position
    if row is None:
        return
    if row.exit_date is None or row.exit_price is None:
        pending = row.pending_exit_reason
        yield "open" if pending is None else f"open, to be sold since {row.pending_exit_since}: {reason_words(pending)}"
        return
    days = (row.exit_date - row.entry_date).days
    yield (
        f"{row.exit_date} at {format_price(row.exit_price)}, {row.sold_shares} shares, after {days} days; "
        f"{reason_words(row.exit_reason or '')}"
    )
    if row.pnl is not None:
        percent = return_pct(row.pnl, row.invested) if row.return_pct is None else row.return_pct
        yield f"P&L {format_usd(row.pnl)} ({percent:+.2f} %)"


def event_text(event: EventRow) -> str:
    """Return what happened, with its values."""
    said = {name: value for name, value in event.payload.items() if name != "ticker"}
    words = str(said["why"]) if said.keys() == {"why"} else payload_text(event.name, said)
    return f"{event.type.replace('_', ' ')}: {words}"


def _true_up(found: Explanation) -> str:
    """Return what became of the provisional stop when the entry had filled."""
    before = found.provisional_stop
    opened = next((event for event in found.position_events if event.name == "position.opened"), None)
    if before is None or opened is None:
        return ""
    after = int(opened.payload["stop_price"])
    if before == after:
        return "; the provisional stop was the same"
    return f"; true-up from the provisional {format_price(before)} to {format_price(after)} at the fill"
