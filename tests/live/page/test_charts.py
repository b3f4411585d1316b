"""The drawings: where a stop, an entry and a price stand on the scale that all positions share."""

from __future__ import annotations

import re

import pytest

from live.page.charts import MOST_POINTS, Scale, fall_chart, line_chart, position_bar, scale_of, thinned
from tests.live.page.builders import line


def test_a_scale_holds_every_stop_and_price_up_to_its_limit() -> None:
    scale = scale_of([line(now=1_472_100), line(now=None), line(now=9_000_000)])
    assert scale.low == pytest.approx(-10.6, abs=0.1)
    assert scale.high == pytest.approx(61.8)
    assert (scale.at(1_000), scale.at(-1_000)) == (100.0, 0.0)


def test_the_bar_reaches_from_the_entry_to_the_price() -> None:
    scale = Scale(-10.0, 10.0)
    gain = position_bar(line(now=1_472_100), scale)  # 5 % above the entry
    assert 'x="50.0%" y="5" width="25.0%" height="6" class="up"' in gain
    assert 'aria-label="stop 126.18, entry 140.20, price 147.21"' in gain
    loss = position_bar(line(now=1_331_900), scale)  # 5 % below
    assert 'x="25.0%" y="5" width="25.0%" height="6" class="down"' in loss


def test_without_a_price_only_stop_and_entry_are_drawn() -> None:
    bar = position_bar(line(now=None), Scale(-10.0, 10.0))
    assert "circle" not in bar
    assert "price –" in bar
    assert bar.count('class="stop"') == bar.count('class="entry"') == 1


def test_a_long_line_is_thinned_and_keeps_its_ends() -> None:
    values = [float(n) for n in range(5_000)]
    kept = thinned(values)
    assert (len(kept), kept[0], kept[-1]) == (MOST_POINTS, 0.0, 4_999.0)
    assert thinned([1.0, 2.0]) == [1.0, 2.0]


@pytest.mark.parametrize("values", [[5.0], [5.0, 5.0], [0.0, 0.0], [-3.0, 4.0]])
def test_every_point_of_a_line_lies_in_the_drawing(values: list[float]) -> None:
    for drawn in (line_chart(values, values, said="x", has_area=True, zero=True), fall_chart([0.0, 3.0], "x")):
        points = [float(one) for found in re.findall(r'points="([^"]+)"', drawn) for one in re.split("[ ,]", found)]
        assert points
        assert all(0 <= one <= 1_000 for one in points)
