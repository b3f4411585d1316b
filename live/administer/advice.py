"""Which command resolves a difference between state DB and broker; pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

from live.book.reconcile import Mismatch, MismatchKind

_REASON = '--reason "…"'


def resolving_command(mismatch: Mismatch, others: Iterable[Mismatch], probed: Collection[str] = ()) -> str:
    """Return what resolves a mismatch, a command wherever one can. others: every mismatch there is. probed: the tickers
    of which a probe has left shares.

    A position that is gone and a holding of as many shares that is not ours may be one company under a new ticker.
    """
    if mismatch.unclear:
        by_hand = resolving_command(replace(mismatch, unclear=""), others, probed)
        return f"the next run books it when the broker says more; only if it never does: {by_hand}"
    repair = f"python -m live.admin repair {mismatch.ticker}"
    shares = f"{mismatch.at_broker.normalize():f}"
    match mismatch.kind:
        case MismatchKind.FOREIGN if mismatch.ticker in probed:
            return "a probe has left it: python -m live.admin probe --undo"
        case MismatchKind.FOREIGN:
            old = _same_shares(mismatch, MismatchKind.MISSING, others)
            renamed = (
                ""
                if old is None
                else f"python -m live.admin repair {old} --renamed-to {mismatch.ticker} {_REASON}, or "
            )
            return f"{renamed}{repair} --adopt {_REASON} (it becomes ours), or --ignore (it stays foreign)"
        case MismatchKind.MISSING:
            new = _same_shares(mismatch, MismatchKind.FOREIGN, others)
            renamed = "" if new is None else f"{repair} --renamed-to {new} {_REASON}, or "
            return f"{renamed}{repair} --close-at PRICE {_REASON}"
        case MismatchKind.QUANTITY:
            return f"{repair} --shares {shares} {_REASON}"
        case MismatchKind.ORDER:
            return f"{repair} --adopt {_REASON}, or cancel it at the broker"
        case MismatchKind.FRACTIONAL:
            if mismatch.in_db:
                return f"sell the fraction at the broker, then: {repair} --shares {int(mismatch.at_broker)} {_REASON}"
            return f"{repair} --ignore {_REASON}, or sell it at the broker"
        case MismatchKind.SHORT:
            ending = f", then: {repair} --close-at PRICE {_REASON}" if mismatch.in_db else ""
            return f"buy {abs(mismatch.at_broker.normalize()):f} shares back at the broker{ending}"


def _same_shares(mismatch: Mismatch, kind: MismatchKind, others: Iterable[Mismatch]) -> str | None:
    shares = max(mismatch.at_broker, mismatch.in_db)
    return next((one.ticker for one in others if one.kind is kind and max(one.at_broker, one.in_db) == shares), None)
