"""Pictures of the studies: what is drawn, that nothing is invented, and that they are whole SVG files."""

from __future__ import annotations

from xml.etree import ElementTree

from backtest.drawing import Panel, bar_panel, heat_panel, line_panel, picture

SVG = "{http://www.w3.org/2000/svg}"


def drawn(*panels: Panel, **options: object) -> ElementTree.Element:
    return ElementTree.fromstring(picture("A <title> & more", panels, **options))  # type: ignore[arg-type]


def rects(root: ElementTree.Element, kind: str) -> list[ElementTree.Element]:
    return [one for one in root.iter(f"{SVG}rect") if one.get("class") == kind]


def test_a_bar_stands_on_zero_and_hangs_below_it_when_negative() -> None:
    root = drawn(bar_panel("Drift", ["one", "two", "three"], [2.0, -1.0, None], unit="%"))
    (up,), (down,) = rects(root, "bar"), rects(root, "below")
    zero = next(one for one in root.iter(f"{SVG}line") if one.get("class") == "zero")
    assert float(up.get("y", 0)) + float(up.get("height", 0)) == float(zero.get("y1", 0))
    assert down.get("y") == zero.get("y1")
    assert float(up.get("height", 0)) == 2 * float(down.get("height", 0))


def test_a_missing_value_is_said_and_not_drawn() -> None:
    panel = bar_panel("Drift", ["one", "two"], [None, None])
    assert panel.said == "Drift: one none, two none"
    assert not rects(drawn(panel), "bar")


def test_a_whisker_shows_the_interval_of_its_bar() -> None:
    root = drawn(bar_panel("Drift", ["a", "b"], [1.0, 2.0], intervals=[(0.0, 2.0), None]))
    (whisker,) = (one for one in root.iter(f"{SVG}line") if one.get("class") == "whisker")
    (bar, _) = rects(root, "bar")
    assert float(whisker.get("y1", 0)) == float(bar.get("y", 0)) + float(bar.get("height", 0))


def test_a_line_is_broken_where_a_value_is_missing() -> None:
    root = drawn(line_panel("Equity", ["a", "b", "c", "d"], {"x": [1.0, 2.0, None, 3.0], "y": [None] * 4}))
    assert [len((one.get("points") or "").split()) for one in root.iter(f"{SVG}polyline")] == [2, 1]


def test_a_heat_map_has_a_cell_a_value_and_marks_the_one_asked_for() -> None:
    panel = heat_panel("Sharpe", ["5", "8"], ["10", "20"], [[0.1, None], [0.9, 0.5]], marked=(1, 0))
    root = drawn(panel)
    assert len(rects(root, "none")) == 1
    assert len(rects(root, "high") + rects(root, "low")) == 3
    (best,) = rects(root, "best")
    assert best.get("x") == rects(root, "low")[0].get("x")
    assert panel.said == "Sharpe: 2 by 2 cells from 0.1 to 0.9"


def test_foreign_text_stays_text_and_panels_stand_in_rows() -> None:
    panel = bar_panel("<b>", ['"&'], [1.0])
    root = drawn(panel, panel, panel, notes=["a note " * 40])
    assert root.get("viewBox", "").startswith("0 0 840 ")
    assert "A <title> & more" in [one.text for one in root.iter(f"{SVG}text")]
    assert sum((one.text or "").startswith("a note") for one in root.iter(f"{SVG}text")) >= 2


def test_the_same_values_give_the_same_bytes_and_no_request() -> None:
    first, second = (picture("T", [bar_panel("P", ["a"], [0.0])]) for _ in range(2))
    assert first == second
    assert b"<script" not in first
    assert b"href" not in first
    assert b"url(" not in first


def test_constant_and_zero_values_have_a_scale() -> None:
    for values in ([0.0, 0.0], [5.0, 5.0], [-3.0]):
        assert drawn(line_panel("L", ["a"] * len(values), {"x": values})) is not None
