"""The parts of the daily page alone: how long its lists are, a stock's name, what is not shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from backtest.pages.html import Child, Html, cut, join, tag

MOST_OF_A_NAME = 48
Complete = Callable[[str], str]
"""Gives the commands in a plain text the options of the account they are for."""


@dataclass(frozen=True, slots=True)
class Frame:
    """What all sections of one page keep to. rows: the most of any list. signs: the most of a text of others."""

    complete: Complete = lambda text: text
    rows: int = 100
    signs: int = 300


def first_of(items: Sequence[Child], frame: Frame) -> Html:
    """Return the first items, and how many more there are."""
    rest = [f"and {len(items) - frame.rows} more"] if len(items) > frame.rows else []
    return join([*items[: frame.rows], *rest], ", ")


def more(count: int, frame: Frame, command: str) -> Html | None:
    """Return how many are not shown, and the command that shows them; None where all are."""
    if count <= 0:
        return None
    return tag("p", f"and {count} more: ", tag("code", frame.complete(command)), class_="none")


def named(ticker: str, company: str | None, *more: Child) -> Html:
    """Return a ticker with its company's name, and what else is to be said of it at once."""
    name = tag("span", cut(company, MOST_OF_A_NAME), class_="name") if company else None
    return join([ticker, name, *more], " ")
