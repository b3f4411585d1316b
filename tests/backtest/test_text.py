"""Foreign text does no harm where it is shown."""

from __future__ import annotations

import pytest

from backtest.text import how_many, strip_control

HOSTILE = ["\x1b[31mred", "a\nb", "a\rb", "nul\0", "\u202eevil", "zero\u200bwidth", "\x9b1m", "\x07"]


@pytest.mark.parametrize("text", HOSTILE)
def test_control_characters_of_foreign_text_never_reach_the_terminal(text: str) -> None:
    shown = strip_control(text)
    assert shown.isprintable()
    assert "\x1b" not in shown


def test_ordinary_text_of_any_language_stays_as_it_is() -> None:
    assert strip_control("Würth – 株式会社 71 × $140.20") == "Würth – 株式会社 71 × $140.20"


def test_things_are_counted_in_their_singular_and_plural() -> None:
    counted = [how_many(count, name) for count, name in ((1, "entry"), (2, "entry"), (0, "exit"), (3, "day"))]
    assert counted == ["1 entry", "2 entries", "0 exits", "3 days"]
