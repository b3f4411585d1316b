"""Letters that decorate: the initials of a stock in a circle before its ticker ("N" beside "NVDA").

They look like a grade, or like another stock, and are neither. A single letter proves nothing, a badge "A" may stand
before "AAPL"; when every letter of the page that stands before a ticker is how that ticker begins, they are initials.
"""

from __future__ import annotations

import re

from backtest.reports.mentions import symbol_of
from backtest.reports.page import Line, Page, Segment

_INITIALS = re.compile(r"[A-Z]{1,2}")
_GRADES = frozenset("ABCDF")


def blank_monograms(page: Page) -> None:
    """Take the initials of the page's stocks out of its lines; the lines stay."""
    pairs = _before_tickers(page)
    if not pairs or not all(ticker.startswith(text) and ticker != text for _, text, ticker in pairs):
        return
    texts = {text for _, text, _ in pairs}
    if texts <= _GRADES and (len(pairs) < 4 or len(texts) < 2):
        return
    for line, _, _ in pairs:
        _blank_first(line)


def _before_tickers(page: Page) -> list[tuple[Line, str, str]]:
    """Return the lines that begin with a letter or two, directly followed by a ticker."""
    pairs: list[tuple[Line, str, str]] = []
    for position, line in enumerate(page.lines):
        text = line.segments[0].text
        if not _INITIALS.fullmatch(text) or len(line.segments) > 2:
            continue
        if len(line.segments) == 2:
            follows = line.segments[1].text
        elif position + 1 < len(page.lines):
            follows = page.lines[position + 1].segments[0].text
        else:
            continue
        ticker = symbol_of(follows)
        if ticker is not None and len(ticker) > 1:
            pairs.append((line, text, ticker))
    return pairs


def _blank_first(line: Line) -> None:
    first = line.segments[0]
    line.segments[0] = Segment("·", first.hint, first.path, False)
    line.__dict__.pop("text", None)
    line.__dict__.pop("plain", None)
    line.__dict__.pop("tokens", None)
    line.memo.clear()
