"""For how many of a day's entries today's funds last, as a line for people and as plain values for `--json`."""

from __future__ import annotations

from backtest.money import format_price, format_usd
from backtest.text import how_many
from live.book.funds import Forecast
from live.config import Funds
from live.run.closing_lines import first_of


def funds_sentence(forecast: Forecast, source: Funds, *, has_limits: bool) -> str:
    """Return what the executor will make of today's funds. has_limits: entries are decided with a limit."""
    total, funds = forecast.entries, forecast.funds
    covered = len(forecast.lasts)
    every = "the only entry" if total == 1 else f"all {total} entries"
    count = every if covered == total else f"{covered} of {how_many(total, 'entry')}"
    counted = "at its limit" if has_limits else "5 % above its reference price"
    words = (
        f"today's funds last for {count}: {source.value.replace('_', ' ')} {format_usd(funds.left)} USD, of which "
        f"{format_usd(funds.minimum)} must stay untouched; each entry is counted {counted}"
    )
    return "; ".join([words, *_rest(forecast)])


def funds_remark(forecast: Forecast) -> str:
    """Return what stands behind the entries in a closing line; empty while funds last for all of them."""
    rest = _rest(forecast)
    return "".join(f"; {words}" for words in (f"today's funds last for {len(forecast.lasts)}", *rest)) if rest else ""


def funds_json(forecast: Forecast, source: Funds) -> dict[str, object]:
    """Return the forecast as plain values."""
    return {
        "source": source.value,
        "available": format_price(forecast.funds.left),
        "must_stay": format_price(forecast.funds.minimum),
        "entries": forecast.entries,
        "last_for": list(forecast.lasts),
        "wait": list(forecast.waits),
        "not_covered": list(forecast.short),
        "rotations_not_covered": [{"entry": one.entry.ticker, "kept": one.entry.replaces} for one in forecast.unfunded],
    }


def _rest(forecast: Forecast) -> list[str]:
    """Return what becomes of the entries that funds do not last for."""
    waits, short = forecast.waits, forecast.short
    found = [f"{first_of(waits)} wait{'s' * (len(waits) == 1)} for sells"] if waits else []
    found += [f"{first_of(short)} will not be bought (insufficient_funds)"] if short else []
    rotations = [one.entry for one in forecast.unfunded]
    return found + [f"{entry.ticker} will not replace {entry.replaces} (insufficient_funds)" for entry in rotations]
