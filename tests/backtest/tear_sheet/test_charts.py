"""What the charts of the trades count, and JSON that may stand in a page."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import pytest

from backtest.tear_sheet.chart_trades import MOST_BARS, histogram
from backtest.tear_sheet.figures import safe_json
from backtest.tear_sheet.sheet_values import names_of


@pytest.mark.parametrize(
    "returns", [[0.0], [-10.5] * 7, [5.0, 144.9], [n / 7 - 40 for n in range(900)], [0.01, -0.01], [-37.3, 0.0, 145.2]]
)
def test_every_return_is_in_one_bar_and_no_bar_holds_gains_and_losses(returns: list[float]) -> None:
    edges, counts = histogram(returns)
    assert sum(counts) == len(returns)
    assert len(edges) == len(counts) + 1 <= MOST_BARS + 3
    assert edges[0] <= 0 <= edges[-1]
    assert 0.0 in edges
    assert len({round(after - before, 9) for before, after in pairwise(edges)}) == 1


def test_what_lies_far_out_is_counted_in_the_outer_bars() -> None:
    edges, counts = histogram([*[1.0] * 999, 5000.0])
    assert edges[-1] < 100
    assert sum(counts) == 1000


def test_nothing_has_no_bar() -> None:
    assert histogram([]) == ([], [])


def test_json_in_a_page_cannot_end_its_element() -> None:
    text = safe_json({"ticker": "</script><!--&"})
    assert not set(text) & set("<>&")
    assert json.loads(text) == {"ticker": "</script><!--&"}


def test_runs_are_called_by_what_tells_them_apart(tmp_path: Path) -> None:
    assert names_of([tmp_path / "a" / "ema", tmp_path / "a" / "nwl"]) == ["ema", "nwl"]
    assert names_of([tmp_path / "a" / "ema", tmp_path / "b" / "ema"]) == ["a/ema", "b/ema"]
