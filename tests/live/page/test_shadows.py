"""Several shadows on the daily page: a list that says who is executed, and a section each."""

from __future__ import annotations

from dataclasses import replace

from live.inspect.shadow_settings import Otherwise
from live.page.document import MOST_BYTES, page_html
from tests.live.page.builders import comparison, page, words_of

TIGHT = (Otherwise("stop_loss_pct", "10", "5"),)


def shown(*names: str, trades: int = 3) -> str:
    one = comparison(trades)
    compared = (replace(one, shadow=replace(one.shadow, strategy=name), otherwise=TIGHT) for name in names)
    return page_html(page(comparisons=tuple(compared)))


def test_several_shadows_are_listed_and_each_has_a_section_with_what_it_has_otherwise() -> None:
    said = words_of(shown("nwl_p4", "only_a", "tight"))
    assert "3 shadows, only watched" in said
    assert "Only ema_p10 is executed; no shadow sends an order." in said
    for name in ("nwl_p4", "only_a", "tight"):
        assert f"ema_p10 executed, {name} shadow" in said
    assert said.count("The shadow has stop_loss_pct 5 (executed 10).") == 3


def test_the_only_shadow_stands_beside_the_money_without_a_list() -> None:
    said = words_of(shown("nwl_p4"))
    assert "only watched" not in said
    assert "ema_p10 executed, nwl_p4 shadow" in said


def test_very_many_shadows_do_not_make_the_page_larger_than_it_may_be() -> None:
    names = [f"s{n}" for n in range(60)]
    text = shown(*names, trades=200)
    assert len(text.encode()) <= MOST_BYTES
    assert all(name in words_of(text) for name in names)
