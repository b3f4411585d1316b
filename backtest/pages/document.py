"""The frame of every page: one document that loads nothing from anywhere, and the style all pages have."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path

from backtest.pages.html import Html, join, tag


def whole(title: str, policy: str, head: Iterable[Html], body: Iterable[Html]) -> Html:
    """Return a whole document. policy: what the browser may do with it. head: what else stands in its head."""
    meta = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=policy),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("meta", name="robots", content="noindex"),
        tag("meta", name="referrer", content="no-referrer"),
        tag("title", title),
        *head,
    )
    return join([Html("<!doctype html>\n"), tag("html", meta, tag("body", *body), lang="en"), Html("\n")])


@cache
def base_style() -> Html:
    """Return the style sheet that all pages begin with: colours of the light and the dark, type, tables, paper."""
    return Html(Path(__file__).with_name("base.css").read_text(encoding="utf-8"))
