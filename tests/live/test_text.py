"""Foreign text does no harm where it is shown."""

from __future__ import annotations

import pytest

from live.text import strip_control

HOSTILE = ["\x1b[31mred", "a\nb", "a\rb", "nul\0", "\u202eevil", "zero\u200bwidth", "\x9b1m", "\x07"]


@pytest.mark.parametrize("text", HOSTILE)
def test_control_characters_of_foreign_text_never_reach_the_terminal(text: str) -> None:
    shown = strip_control(text)
    assert shown.isprintable()
    assert "\x1b" not in shown


def test_ordinary_text_of_any_language_stays_as_it_is() -> None:
    assert strip_control("Würth – 株式会社 71 × $140.20") == "Würth – 株式会社 71 × $140.20"
