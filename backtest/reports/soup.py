"""BeautifulSoup over harmless markup, with the end tags that HTML lets a page leave out."""

from __future__ import annotations

import re
import warnings
from typing import Any

import bs4
from bs4.exceptions import ParserRejectedMarkup

from backtest.reports.hostile import MAX_DEPTH
from backtest.reports.markup import HIDES, STRUCK

_ENDED_BY = {
    tag: (frozenset(tags.split()), frozenset(scope.split()))
    for tags, scope in (
        ("li", "ul ol menu"),
        ("dt dd", "dl"),
        ("tr", "table"),
        ("td th", "table tr"),
        ("tbody thead tfoot", "table"),
        ("option", "select"),
        ("p", "div td th li section article body dd blockquote"),
    )
    for tag in tags.split()
}
"""By tag which open ones it ends, itself or its like, looked for up to one of the second set."""
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_AT_RULE = re.compile(r"@[^{};@]*+(?:;|\{(?:[^{}]*+\{[^{}]*+\})*+[^{}]*+\})")
"""What holds on some screens only, and what names no element."""
_RULE = re.compile(r"([^{}]++)\{([^{}]*+)\}")
_PART = r"(?=[\w.#])(?:[a-z][a-z0-9-]*)?(?:[.#][a-z_-][\w-]*)*"
_SELECTOR = re.compile(rf"{_PART}(?:(?: +| *> *){_PART})?", re.IGNORECASE)
_SHOWS = re.compile(r"(?i)\b(?:display|visibility)\s*:")
MAX_RULES = 40
"""Selectors that are looked for, each in the whole page."""


class _Soup(bs4.BeautifulSoup):
    def handle_starttag(self, name: str, *args: Any, **kwargs: Any) -> bs4.Tag | None:
        if name in _ENDED_BY:
            ended, scope = _ENDED_BY[name]
            around = next((tag.name for tag in reversed(self.tagStack) if tag.name in ended or tag.name in scope), "")
            if around in ended:
                self.handle_endtag(around)
        if len(self.tagStack) > MAX_DEPTH:
            raise ValueError(f"it nests tags deeper than {MAX_DEPTH}")
        return super().handle_starttag(name, *args, **kwargs)

    def endData(self, containerClass: Any = None) -> None:  # noqa: N802, N803
        """Keep no white space between tags, half of what a page consists of, but in preformatted text."""
        if not self.preserve_whitespace_tag_stack and not "".join(self.current_data).strip():
            self.current_data = []
        super().endData(containerClass)


def styled_away(soup: bs4.BeautifulSoup) -> set[int]:
    """Return the ids of the tags that the page's own style hides on a screen, by selectors of one or two parts."""
    css = _AT_RULE.sub("", _COMMENT.sub("", "\n".join(style.text for style in soup.find_all("style"))))
    hidden: set[int] = set()
    struck: set[int] = set()
    asked = 0
    for heads, body in _RULE.findall(css):
        hides = HIDES.search(body)
        for head in map(str.strip, heads.split(",") if hides or (hidden and _SHOWS.search(body)) else ()):
            if asked < MAX_RULES and _SELECTOR.fullmatch(head):
                asked += 1
                found = {id(tag) for tag in soup.select(head) if tag.name not in ("html", "body")}
                hidden = hidden | found if hides else hidden - found
                struck |= found if STRUCK.search(body) else set()
    return hidden | struck


def parse_markup(text: str) -> bs4.BeautifulSoup:
    """Parse what `harmless` returns. Raises ValueError when it nests too deep or the parser rejects it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return _Soup(text, "html.parser", multi_valued_attributes=None)
        except (AssertionError, ParserRejectedMarkup):
            raise ValueError("the HTML parser rejects its markup") from None
