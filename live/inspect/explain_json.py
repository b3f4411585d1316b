"""The chain of `explain` as plain values for `--json`: prices and amounts are text in dollars."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date

from backtest.money import format_price
from live.clock import iso_utc
from live.inspect.decision_words import sentences_of
from live.inspect.explain_shadows import ShadowView
from live.inspect.explain_values import Decided, Explanation, Filed, Fill, Nearest, Ordered
from live.inspect.json_values import moment_json, price_json
from live.inspect.orders_json import stored_order_json
from live.inspect.position_words import event_text
from live.inspect.reading_words import reading_of, verdict_of
from live.inspect.shadow_settings import otherwise_json
from live.signals.lines import line_json
from live.state_db.records import RunRow


def nothing_json(ticker: str, day: date | None, nearest: Nearest) -> dict[str, object]:
    """Return that nothing is on record, with the nearest trade dates that have something."""
    chain = dict.fromkeys(("report", "reading", "verdict", "decision", "position", "exit"))
    dates = {"nearest_before": nearest.before, "nearest_after": nearest.after}
    return {
        "ticker": ticker,
        "trade_date": day,
        "is_known": False,
        **dates,
        **chain,
        "orders": [],
        "fills": [],
        "shadow": [],
        "shadows": [],
    }


def explanation_json(found: Explanation, shadows: Sequence[ShadowView]) -> dict[str, object]:
    """Return the whole chain. shadows: what each of them decided."""
    return {
        "ticker": found.ticker,
        "trade_date": found.trade_date,
        "is_known": True,
        "report": _report_json(found),
        "reading": _reading_json(found),
        "verdict": _verdict_json(found),
        "decision": _decision_json(found),
        "orders": [_order_json(one) for one in found.orders],
        "fills": [_fill_json(one) for one in found.fills],
        "position": _position_json(found),
        "exit": _exit_json(found),
        "shadow": [_decided_json(one, None) for view in shadows for one in view.decided],
        "shadows": [_shadow_json(one) for one in shadows],
    }


def _shadow_json(one: ShadowView) -> dict[str, object]:
    return {
        "strategy": one.strategy,
        "kind": one.kind,
        "reason": one.reason,
        "otherwise": otherwise_json(one.otherwise),
        "decisions": [_decided_json(decided, None) for decided in one.decided],
    }


def _report_json(found: Explanation) -> dict[str, object] | None:
    if found.read_by is None or found.candidate is None:
        return None
    files = [
        {**asdict(one.ref), "path": one.path, "is_unchanged": one.is_unchanged, "why_not": one.why_not}
        for one in found.reports
    ]
    scan = found.read_by.signal.inputs.scan
    proposed = {} if scan is None else {"scan": asdict(scan)}
    return {"trade_date": found.read_by.signal.trade_date, "files": files, **proposed}


def _reading_json(found: Explanation) -> dict[str, object] | None:
    reading = reading_of(found)
    if reading is None:
        return None
    return {**asdict(reading), "price": price_json(reading.price), "fields": [asdict(item) for item in reading.fields]}


def _verdict_json(found: Explanation) -> dict[str, object] | None:
    verdict = verdict_of(found)
    return None if verdict is None else asdict(verdict)


def _decision_json(found: Explanation) -> dict[str, object]:
    main = found.decided[0] if found.decided else None
    settings = None if found.filed is None else found.filed
    return {
        **(_decided_json(main, settings) if main is not None else {"kind": None}),
        "also": [_decided_json(one, settings) for one in found.decided[1:]],
        "entered": None if found.entered is None else _decided_json(found.entered, found.entered_by),
        "left": None if found.left is None else _decided_json(found.left, None),
        "vetoed": None if found.vetoed is None else {"why": found.vetoed.why, "who": found.vetoed.who},
        "signal_file": _filed_json(found.filed),
    }


def _decided_json(one: Decided, filed: Filed | None) -> dict[str, object]:
    line = one.entry or one.exit or one.skip or one.holding
    return {
        "kind": one.kind,
        "strategy": one.strategy,
        "trade_date": one.trade_date,
        "as_of_session": one.as_of,
        "line": None if line is None else line_json(line),
        "sentences": list(sentences_of(one, {} if filed is None else filed.strategy)),
    }


def _filed_json(filed: Filed | None) -> dict[str, object] | None:
    if filed is None:
        return None
    plan = filed.plan
    return {
        "path": filed.row.path,
        "content_sha256": filed.row.content_sha256,
        "file_sha256": filed.row.file_sha256,
        "issued_at": iso_utc(filed.row.issued_at),
        "made_by": _run_json(filed.made_by, filed.row.run_id),
        "accepted_at": None if plan is None else moment_json(plan.accepted_at),
        "accepted_by": None if plan is None else _run_json(filed.accepted_by, plan.run_id),
    }


def _run_json(row: RunRow | None, run_id: str | None) -> dict[str, object] | None:
    if run_id is None:
        return None
    named = {"program": None, "phase": None} if row is None else {"program": row.program, "phase": row.phase}
    return {"run_id": run_id, **named}


def _order_json(order: Ordered) -> dict[str, object]:
    row = order.row
    sent = [
        {"at": iso_utc(event.ts), "by": _run_json(order.run_of(event.run_id), event.run_id)} for event in order.sent
    ]
    return {**stored_order_json(row), "planned_by": _run_json(order.run_of(row.run_id), row.run_id), "sent": sent}


def _fill_json(fill: Fill) -> dict[str, object]:
    return {
        "client_order_id": fill.order,
        "side": fill.side,
        "shares": fill.shares,
        "price": str(fill.price),
        "filled_qty": fill.filled,
        "qty": fill.of,
        "at": iso_utc(fill.at),
    }


def _position_json(found: Explanation) -> dict[str, object] | None:
    row = found.position
    if row is None:
        return None
    provisional = found.provisional_stop
    return {
        "position_id": row.position_id,
        "ticker": row.ticker,
        "status": row.status,
        "entry_date": row.entry_date,
        "entry_price": format_price(row.entry_price),
        "target_shares": row.target_shares,
        "shares": row.actual_shares,
        "invested": format_price(row.invested),
        "provisional_stop_price": price_json(provisional),
        "stop_price": format_price(row.stop_price),
        "stop_loss_pct": row.stop_loss_bp / 100,
        "decided_through": row.decided_through,
        "pending_exit_reason": row.pending_exit_reason,
        "pending_exit_since": row.pending_exit_since,
        "changes": [
            {"at": iso_utc(event.ts), "type": event.type, "text": event_text(event)} for event in found.changes
        ],
    }


def _exit_json(found: Explanation) -> dict[str, object] | None:
    row = found.position
    if row is None or row.exit_date is None or row.exit_price is None or row.pnl is None:
        return None
    return {
        "exit_date": row.exit_date,
        "exit_price": format_price(row.exit_price),
        "reason": row.exit_reason,
        "shares": row.sold_shares,
        "pnl": format_price(row.pnl),
        "return_pct": None if row.return_pct is None else str(row.return_pct),
        "days_held": (row.exit_date - row.entry_date).days,
    }
