"""The parts that every page is made of: headings, tables, figures, numbers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from backtest.model import Price
from backtest.money import UNITS_PER_USD, format_price, format_usd
from backtest.pages.html import Child, Html, tag

UNKNOWN = "–"
"""Stands for a number that nobody knows."""
_MINUS = "−"


@dataclass(frozen=True, slots=True)
class Column:
    """One column. kind: the classes of its cells: `n` for numbers, `key` for what the row is about, `text`, `bar`.

    label: stands before the value on a phone, where the table has no head.
    """

    name: str
    kind: str | None = None
    label: str | None = None


def section(title: str, *content: Child, note: Child = None) -> Html:
    """Return a section with its heading. note: what stands beside the heading."""
    side = None if note is None else tag("span", note, class_="note")
    return tag("section", tag("div", tag("h2", title), side, class_="head"), *content)


def none(words: str) -> Html:
    """Return what stands where there is nothing."""
    return tag("p", words, class_="none")


def table(
    columns: Sequence[Column],
    rows: Iterable[Sequence[Child]],
    *,
    kind: str | None = None,
    total: Sequence[Child] | None = None,
) -> Html:
    """Return a table. total: a last row, set off."""
    head = tag("tr", *(tag("th", one.name, class_=one.kind, scope="col") for one in columns))
    body = [tag("tr", *_cells(columns, row)) for row in rows]
    if total is not None:
        body.append(tag("tr", *_cells(columns, total), class_="total"))
    return tag("table", tag("thead", head), tag("tbody", *body), class_=kind)


def _cells(columns: Sequence[Column], row: Sequence[Child]) -> Iterable[Html]:
    for column, cell in zip(columns, row, strict=True):
        yield tag("td", cell, class_=column.kind, data_label=column.label if cell else None)


def figures(items: Iterable[tuple[str, Child, Child]]) -> Html:
    """Return large numbers side by side: label, value, what is said below it."""
    return tag(
        "dl",
        *(
            tag("div", tag("dt", label), tag("dd", value), tag("dd", below, class_="small") if below else None)
            for label, value, below in items
        ),
        class_="figures",
    )


def groups(items: Iterable[tuple[Child, Child]]) -> Html:
    """Return pairs of a name and what belongs to it, one below the other."""
    return tag("dl", *(tag("div", tag("dt", name), tag("dd", what)) for name, what in items), class_="groups")


def badge(words: str, kind: str = "") -> Html:
    """Return a word in a frame. kind: `bad`, `due`, `good`, or none."""
    return tag("span", words, class_=f"tag {kind}".strip())


def price(value: Price | None) -> str:
    """Return a price with cents; below a dollar with every decimal."""
    if value is None:
        return UNKNOWN
    return format_usd(value) if value >= UNITS_PER_USD else format_price(value)


def usd(amount: Price | None) -> str:
    """Return an amount, its minus sign as wide as a digit."""
    return UNKNOWN if amount is None else format_usd(amount).replace("-", _MINUS)


def signed_usd(amount: Price | None) -> Html:
    """Return an amount with its sign and colour."""
    return _signed(None if amount is None else float(amount), usd(amount))


def signed_percent(value: float | None, digits: int = 1) -> Html:
    """Return a percentage with its sign and colour."""
    return _signed(value, percent(value, digits))


def percent(value: float | None, digits: int = 1) -> str:
    """Return a percentage, without its sign `%`: that stands at the column or behind it."""
    if value is None:
        return UNKNOWN
    return f"{round(value, digits) + 0.0:,.{digits}f}".replace("-", _MINUS)


def _signed(value: float | None, text: str) -> Html:
    if value is None or not value:
        return tag("span", text)
    return tag("span", f"{'+' * (value > 0)}{text}", class_="gain" if value > 0 else "loss")


def spaced(word: str) -> str:
    """Return a word of the files for people: `trend break`."""
    return word.replace("_", " ")
