"""HTML as text in which every word of others is escaped: what is not `Html` already is escaped where it goes in."""

from __future__ import annotations

import html
from collections.abc import Iterable
from typing import TypeAlias

from backtest.text import strip_control

_VOID = frozenset({"meta", "br", "input"})
"""Elements of HTML that have no end."""
_EMPTY = frozenset({"line", "rect", "circle", "path", "polyline", "polygon"})
"""Elements of SVG that have no content."""


class Html(str):
    """Markup that may stand as it is; made only by `tag`, `join` and the page's own constant texts."""

    __slots__ = ()


Child: TypeAlias = str | None
Attribute: TypeAlias = str | int | float | None


def escaped(text: str) -> Html:
    """Return foreign text as markup that shows it: no control or bidi characters, no signs with a meaning."""
    return Html(html.escape(strip_control(text)))


def join(children: Iterable[Child], between: str = "") -> Html:
    """Return the children one after the other; None is left out, what is no `Html` is escaped."""
    parts = (one if isinstance(one, Html) else escaped(one) for one in children if one is not None)
    return Html(escaped(between).join(parts))


def tag(name: str, /, *children: Child, **attributes: Attribute) -> Html:
    """Return an element. attributes: `class_` is `class`, `data_label` is `data-label`; those that are None are left
    out."""
    words = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escaped(str(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    if name in _EMPTY:
        return Html(f"<{name}{words}/>")
    if name in _VOID:
        return Html(f"<{name}{words}>")
    return Html(f"<{name}{words}>{join(children)}</{name}>")


def cut(text: str, most: int) -> str:
    """Return a text of at most so many signs; one that is longer ends with an ellipsis."""
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"
