"""The picture of a terminal in the README."""

from __future__ import annotations

import html
import re
from xml.etree import ElementTree

import pytest

from demo.recording import MORNING, draw, record
from tests.paths import ROOT

PICTURE = ROOT / "docs" / "terminal.svg"


def words_of(picture: str) -> str:
    """Return the words of a picture; its spaces cannot be broken."""
    text = " ".join(ElementTree.fromstring(picture).itertext())
    return " ".join(text.replace("\xa0", " ").split())


def test_colours_and_signs_of_a_terminal_become_a_picture() -> None:
    picture = draw("\x1b[31ma loss & <b>\x1b[0m\nsecond line")
    assert "a loss & <b>" in words_of(picture)
    assert "second line" in words_of(picture)


def test_the_picture_shows_every_command_of_the_morning() -> None:
    said = words_of(PICTURE.read_text(encoding="utf-8"))
    for _, command in MORNING:
        assert f"$ {command}" in said
    assert "needs a hand: nothing" in said


@pytest.mark.slow
def test_the_picture_is_what_the_programs_print_today() -> None:
    told = [re.sub(r"\x1b\[[\d;]*m", "", line).split() for line in record().splitlines()]
    shown = html.unescape(words_of(PICTURE.read_text(encoding="utf-8"))).split()
    for line in told:
        assert " ".join(line) in " ".join(shown), f"make it anew: python -m demo.recording {PICTURE.name}"
