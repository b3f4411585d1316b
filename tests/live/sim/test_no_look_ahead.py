"""Nothing later than the exchange's clock is ever served."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.live.sim.market import QUIET, at, bars, open_rest_trader, quiet_bars, session

WIDE = {"timeframe": "1Day", "start": "2025-12-01", "end": "2026-12-31", "limit": "10000"}


def rising_market(cut: int, later: float) -> object:
    """AAA as usual up to session `cut`, at the price `later` after it."""
    return bars("AAA", [QUIET if n <= cut else (later,) * 4 for n in range(-1, 30)])


@given(cut=st.integers(0, 20), minute=st.integers(0, 24 * 60 - 1))
@settings(derandomize=True, max_examples=25)
def test_no_answer_depends_on_what_comes_later(cut: int, minute: int) -> None:
    answers = []
    for later in (50.0, 200.0):
        trader = open_rest_trader(rising_market(cut, later))  # type: ignore[arg-type]
        clock = min(minute, 23 * 60 + 59)
        moment = at(cut, "00:00").replace(hour=clock // 60, minute=clock % 60)
        trader.exchange.advance_to(moment)
        paths = (
            "/v2/account",
            "/v2/assets",
            "/v2/clock",
            "/v2/stocks/AAA/trades/latest",
            "/v2/stocks/AAA/quotes/latest",
        )
        answers.append(
            json.dumps([trader.get(path) for path in paths] + [trader.get("/v2/stocks/bars", symbols="AAA", **WIDE)])
        )
    assert answers[0] == answers[1]


def test_todays_bar_is_served_from_the_close_on() -> None:
    trader = open_rest_trader()

    def last_bar() -> str:
        return str(trader.get("/v2/stocks/AAA/bars", **WIDE)["bars"][-1]["t"])

    trader.go(0, "15:59")
    assert last_bar() == "2026-01-02T05:00:00Z"
    trader.go(0, "16:00")
    assert last_bar() == "2026-01-05T05:00:00Z"


def test_a_ticker_that_has_not_traded_yet_is_unknown() -> None:
    trader = open_rest_trader(quiet_bars("AAA"), bars("NEW", {3: QUIET, 4: QUIET}))
    assert [row["symbol"] for row in trader.get("/v2/assets")] == ["AAA"]
    assert trader.post(symbol="NEW")[0] == 422
    trader.go(3, "09:30")
    assert [row["symbol"] for row in trader.get("/v2/assets")] == ["AAA", "NEW"]


def test_bars_come_page_by_page_over_all_symbols() -> None:
    trader = open_rest_trader(quiet_bars("AAA", 4), quiet_bars("BBB", 4), now=at(10, "12:00"))
    wanted = {"symbols": "AAA,BBB,NONE", **WIDE, "limit": "3"}
    found: dict[str, list[str]] = {}
    token = ""
    pages = 0
    while pages == 0 or token:
        page = trader.get("/v2/stocks/bars", **wanted, **({"page_token": token} if token else {}))
        for symbol, rows in page["bars"].items():
            found.setdefault(symbol, []).extend(row["t"] for row in rows)
        token = page["next_page_token"]
        pages += 1
    assert pages == 3
    assert found == {"AAA": found["AAA"], "BBB": found["AAA"]}
    assert found["AAA"] == [f"{session(n)}T05:00:00Z" for n in range(-1, 3)]
