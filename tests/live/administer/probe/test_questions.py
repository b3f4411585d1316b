"""The questions, the facts they decide and the page that lists them go together."""

from __future__ import annotations

import re
from collections import Counter

from live.administer.probe.questions import QUESTIONS, Asked
from tests.paths import ROOT

FACTS = re.findall(r"^\| (B\d\d) \|", (ROOT / "docs" / "broker.md").read_text(encoding="utf-8"), re.MULTILINE)
PAGE = (ROOT / "docs" / "paper-probe.md").read_text(encoding="utf-8")
WHEN = {Asked.ALWAYS: "any time", Asked.OPEN: "in a session", Asked.CLOSED: "before an open"}


def test_every_fact_has_an_id_and_they_are_in_order() -> None:
    assert [f"B{number:02}" for number in range(1, len(FACTS) + 1)] == FACTS
    assert len(FACTS) >= 36


def test_every_question_decides_a_fact_of_the_page() -> None:
    assert {one.fact for one in QUESTIONS} <= set(FACTS)


def test_no_question_stands_twice() -> None:
    assert [name for name, times in Counter(one.id for one in QUESTIONS).items() if times > 1] == []


def test_the_page_lists_every_question_as_it_is_asked() -> None:
    listed = re.findall(r"^\| `([\w-]+)` \| (B\d\d) \| (.+) \| (.+) \|$", PAGE, re.MULTILINE)
    assert listed == [(one.id, one.fact, one.words, WHEN[one.asked]) for one in QUESTIONS]


def test_the_page_names_every_field_of_a_question() -> None:
    from live.administer.probe.asking import Finding, State
    from live.administer.probe.record import _finding_json

    fields = _finding_json(Finding(QUESTIONS[0], State.NOT_ASKED), with_requests=True)
    assert [name for name in fields if f"`{name}`" not in PAGE] == []
