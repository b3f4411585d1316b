"""The comparison with the shadows as plain values for `--json`; amounts in USD are text, ratios and percent numbers."""

from __future__ import annotations

from backtest.money import format_price
from live.inspect.bootstrap import Interval
from live.inspect.following import Following
from live.inspect.shadow_settings import otherwise_json
from live.inspect.shadows_values import LEAST_DAYS, LEAST_TRADES, Comparison, Shadows, Side, advise


def shadows_json(page: Shadows) -> dict[str, object]:
    """Return everything the page shows."""
    return {
        "executed": page.executed,
        "shadows": [_comparison_json(one, following) for one, following in page.comparisons],
        "not_begun": list(page.not_begun),
        "not_configured": list(page.former),
        "profit_factor": {
            "closed_trades": page.factor.trades,
            "live": page.factor.live,
            "manifest": page.factor.manifest,
            "why": page.factor.why,
        },
    }


def _comparison_json(one: Comparison, following: Following) -> dict[str, object]:
    advice, found = advise(one), one.intervals
    return {
        "strategy": one.shadow.strategy,
        "otherwise": otherwise_json(one.otherwise),
        "compared_shadows": one.compared,
        "from": one.first,
        "to": one.last,
        "days": one.days,
        "days_needed": LEAST_DAYS,
        "closed_trades": one.closed_trades,
        "closed_trades_needed": LEAST_TRADES,
        "enough_on": one.enough_on,
        "executed": _side_json(one.executed),
        "shadow": _side_json(one.shadow),
        "drawdown_of": "closed trades, by exit date, on max_positions x position_size",
        "criteria": _criteria_json(one),
        "bootstrap": {
            "of": f"shadow less executed, {one.level_text}, weeks of entries drawn with replacement",
            "level_pct": round(100 * one.level, 4),
            "weeks": found.weeks,
            "profit_factor": _interval(found.profit_factor),
            "pnl_usd": _interval(found.pnl),
            "mean_pnl_usd": _interval(found.mean_pnl),
        },
        "lost_entries": [
            {"reason": lost.reason, "count": lost.count, "closed": lost.closed, "pnl_usd": format_price(lost.pnl)}
            for lost in one.losses
        ],
        "criteria_without_lost_entries": _criteria_json(one.without_lost),
        "recommendation": advice.word,
        "sentence": advice.sentence,
        "to_follow": {
            "file": following.file,
            "settings": dict(following.settings),
            "lines": list(following.lines),
            "manifest": following.manifest,
        },
    }


def _side_json(side: Side) -> dict[str, object]:
    return {"strategy": side.strategy, **side.numbers, "open": side.open_count}


def _criteria_json(one: Comparison) -> list[dict[str, object]]:
    return [
        {
            "name": criterion.name,
            "needed": criterion.needed,
            "executed": criterion.executed,
            "shadow": criterion.shadow,
            "difference": criterion.difference,
            "is_met": criterion.is_met,
        }
        for criterion in one.criteria
    ]


def _interval(found: Interval | None) -> list[float] | None:
    return None if found is None else [round(end, 4) for end in found]
