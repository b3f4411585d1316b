"""Financial Modeling Prep's bars: as traded, oldest first, and no refusal is ever taken for an empty answer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from backtest.errors import ConfigError, DriftError, PriceRequestRefusedError, PriceSourceUnavailableError
from backtest.model import Split
from backtest.prices.fmp import BARS_PATH, DIVIDENDS_PATH, SPLITS_PATH, FmpSource, refusal_of
from backtest.prices.raw import Dividend
from tests.builders import weekdays

SESSIONS = weekdays(date(2015, 1, 2), date(2026, 12, 31))
WEEK = (date(2026, 11, 16), date(2026, 11, 18))
LIMIT = "Limit Reach . Please upgrade your plan or visit our documentation for more details"
LEGACY = "Legacy Endpoint : Due to Legacy endpoints being no longer supported"


class Api:
    """Answers by path with rows or errors; remembers what was asked."""

    def __init__(self, answers: Mapping[str, Any]) -> None:
        self._answers = answers
        self.asked: list[tuple[str, dict[str, str]]] = []

    def get(self, path: str, params: Mapping[str, str]) -> Any:
        self.asked.append((path, dict(params)))
        answer = self._answers.get(path, [])
        if isinstance(answer, Exception):
            raise answer
        return answer


def bar(day: str, close: float | None = 250.3, **changes: Any) -> dict[str, Any]:
    prices = {"adjOpen": 247.51, "adjHigh": 250.72, "adjLow": 246.82, "adjClose": close}
    return {"symbol": "AEIS", "date": day, **prices, "volume": 401552} | changes


def source(api: Api, now: str = "2026-11-20T14:00:00+00:00") -> FmpSource:
    return FmpSource(api, SESSIONS, lambda: datetime.fromisoformat(now))


def test_bars_as_traded_come_oldest_first() -> None:
    api = Api({BARS_PATH: [bar("2026-11-18"), bar("2026-11-17", 247.26), bar("2026-11-16", 248.02)]})
    bars = source(api).fetch_bars(["AEIS"], *WEEK).bars["AEIS"]
    assert bars.days.tolist() == [date(2026, 11, 16), date(2026, 11, 17), date(2026, 11, 18)]
    assert bars.prices[:, 3].tolist() == [248.02, 247.26, 250.3]
    assert api.asked == [(BARS_PATH, {"symbol": "AEIS", "from": "2026-11-16", "to": "2026-11-18"})]


def test_a_share_class_is_spelled_with_a_dash() -> None:
    api = Api({BARS_PATH: [bar("2026-11-18", symbol="BRK-B")]})
    assert set(source(api).fetch_bars(["BRK.B"], *WEEK).bars) == {"BRK.B"}
    assert api.asked[0][1]["symbol"] == "BRK-B"


def test_the_partial_bar_of_an_open_session_is_dropped_and_not_asked_for() -> None:
    api = Api({BARS_PATH: [bar("2026-11-18"), bar("2026-11-17")]})
    bars = source(api, "2026-11-18T15:00:00+00:00").fetch_bars(["AEIS"], *WEEK).bars["AEIS"]
    assert bars.days.tolist() == [date(2026, 11, 17)]
    assert api.asked[0][1]["to"] == "2026-11-17"


def test_a_long_range_is_asked_in_parts_of_four_years() -> None:
    api = Api({BARS_PATH: [bar("2026-11-18")]})
    source(api).fetch_bars(["AEIS"], date(2018, 1, 2), date(2026, 11, 18))
    spans = [(params["from"], params["to"]) for _, params in api.asked]
    assert spans == [("2018-01-02", "2022-01-01"), ("2022-01-02", "2026-01-01"), ("2026-01-02", "2026-11-18")]


def test_an_empty_list_is_a_failure_for_its_ticker_and_no_silence() -> None:
    answer = source(Api({BARS_PATH: []})).fetch_bars(["ZZZZ"], *WEEK)
    assert answer.bars == {}
    assert "fmp has no bars from 2026-11-16 to 2026-11-18" in answer.failed["ZZZZ"]


def test_a_missing_price_is_no_number_and_fails_its_bar_only() -> None:
    api = Api({BARS_PATH: [bar("2026-11-18", None), bar("2026-11-17")]})
    bars = source(api).fetch_bars(["AEIS"], *WEEK).bars["AEIS"]
    assert np.isnan(bars.prices[:, 3]).tolist() == [False, True]


@pytest.mark.parametrize(
    "rows",
    [
        {"historical": []},
        [bar("2026-11-18", symbol="MSFT")],
        [bar("18.11.2026")],
        [bar("2026-11-18", adjOpen="247")],
        [{"symbol": "AEIS", "date": "2026-11-18", "open": 1, "high": 1, "low": 1, "close": 1, "volume": 1}],
    ],
)
def test_rows_of_another_form_or_symbol_are_unusable(rows: Any) -> None:
    answer = source(Api({BARS_PATH: rows})).fetch_bars(["AEIS"], *WEEK)
    assert answer.failed["AEIS"].startswith("unusable bars")


def test_a_ticker_that_is_refused_alone_does_not_hide_the_others() -> None:
    refused = source(Api({BARS_PATH: PriceRequestRefusedError("fmp refused it")})).fetch_bars(["AEIS"], *WEEK)
    assert refused.failed == {"AEIS": "fmp refused it"}


def test_no_answer_is_one_kind_of_error_whatever_the_client_raises() -> None:
    class NoAnswerError(DriftError):
        exit_code = 8

    with pytest.raises(PriceSourceUnavailableError, match="gone"):
        source(Api({BARS_PATH: NoAnswerError("gone")})).fetch_bars(["AEIS"], *WEEK)


def test_splits_and_dividends_are_those_of_the_range_in_the_units_of_their_day() -> None:
    api = Api(
        {
            SPLITS_PATH: [
                {"symbol": "NVDA", "date": "2024-06-10", "numerator": 10, "denominator": 1},
                {"symbol": "NVDA", "date": "2021-07-20", "numerator": 4, "denominator": 1},
            ],
            DIVIDENDS_PATH: [{"symbol": "NVDA", "date": "2024-03-05", "dividend": 0.04, "adjDividend": 0.004}],
        }
    )
    actions = source(api).fetch_actions(["NVDA"], date(2024, 1, 2), date(2024, 12, 31))
    assert actions.splits == (Split("NVDA", date(2024, 6, 10), Fraction(10)),)
    assert actions.dividends == (Dividend("NVDA", date(2024, 3, 5), 0.04),)


def test_a_split_without_a_ratio_is_no_answer() -> None:
    api = Api({SPLITS_PATH: [{"symbol": "NVDA", "date": "2024-06-10", "numerator": 10, "denominator": 0}]})
    with pytest.raises(PriceSourceUnavailableError, match="unusable"):
        source(api).fetch_actions(["NVDA"], date(2024, 1, 2), date(2024, 12, 31))


@pytest.mark.parametrize(
    ("status", "words", "kind", "said"),
    [
        (401, "Invalid API KEY. Please retry or visit our documentation", ConfigError, "does not accept the key"),
        (200, "Invalid API KEY.", ConfigError, "does not accept the key"),
        (402, "Premium Query Parameter : 'symbol' is not available", ConfigError, "Premium Query Parameter"),
        (402, "Exclusive Endpoint : this is available for other plans", ConfigError, "Exclusive Endpoint"),
        (403, LEGACY, ConfigError, "Legacy Endpoint"),
        (200, LEGACY, ConfigError, "Legacy Endpoint"),
        (200, LIMIT, PriceSourceUnavailableError, "Limit Reach"),
        (400, "no such parameter", PriceRequestRefusedError, "no such parameter"),
        (404, "", PriceRequestRefusedError, "404"),
        (200, "something new", PriceRequestRefusedError, "something new"),
    ],
)
def test_every_refusal_says_what_it_means(status: int, words: str, kind: type[DriftError], said: str) -> None:
    error = refusal_of(status, words, "/stable/x")
    assert type(error) is kind
    assert said in error.what


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503])
def test_what_may_pass_is_tried_again(status: int) -> None:
    assert refusal_of(status, LIMIT, "/stable/x") is None
