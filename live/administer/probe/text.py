"""A probe in words: what will be done, and what was found; pure."""

from __future__ import annotations

from collections.abc import Sequence

from backtest.model import Price
from backtest.money import format_price
from backtest.text import how_many
from live.administer.probe.asking import Finding, State
from live.administer.probe.questions import QUESTIONS, Question
from live.administer.probe.record import PAGE, Probe

COLUMNS = ("question", "fact", "answer", "seconds", "stated", "exchange")


def questions_asked(is_open: bool | None) -> tuple[Question, ...]:
    """Return the questions that fit the hour. is_open: None while neither kind of hour counts."""
    return tuple(question for question in QUESTIONS if question.asked.fits(is_open))


def plan_text(
    ticker: str, price: Price, asked: Sequence[Question], *, is_open: bool | None, market: str
) -> tuple[str, ...]:
    """Return what a probe will do, a line each."""
    deed = f"one share of {ticker} is bought and sold" if is_open else f"orders for one share of {ticker}, all canceled"
    return (
        f"{how_many(len(asked), 'question')} of {len(QUESTIONS)}: {market}",
        f"{deed}; its last price is {format_price(price)}",
    )


def rows(findings: Sequence[Finding]) -> list[tuple[str, ...]]:
    """Return a row for each answered question."""
    return [
        (
            found.question.id,
            found.question.fact,
            found.word,
            "-" if found.seconds is None else f"{found.seconds:.1f}",
            "yes" if found.is_expected else "NO",
            "same" if found.is_simulated else found.question.simulated,
        )
        for found in findings
        if found.state is State.ANSWERED
    ]


def sentences(probe: Probe) -> list[str]:
    """Return what is to be said beside the table: answers that differ, questions without one."""
    said = []
    for found in probe.findings:
        if found.is_expected is False:
            need = "the code works either way" if found.question.works_either_way else "THE CODE RELIES ON IT"
            stated = " or ".join(found.question.expected)
            name = f"{found.question.id} ({found.question.fact})"
            said.append(f"{name}: {found.question.words} {found.word}, not {stated}; {need}")
    for state, words in ((State.UNANSWERED, "no answer"), (State.NOT_ASKED, "not asked")):
        for why in dict.fromkeys(one.why for one in probe.findings if one.state is state):
            names = [one.question.id for one in probe.findings if one.state is state and one.why == why]
            said.append(f"{words} ({why}): {', '.join(names)}")
    return said


def result_text(probe: Probe) -> str:
    """Return how many answers there are, and how many are as the page states them."""
    answered = probe.count(State.ANSWERED)
    stated = sum(one.is_expected is True for one in probe.findings)
    return f"{how_many(answered, 'answer')}, {stated} as {PAGE} states"
