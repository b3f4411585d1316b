"""What the second reader sees of a page: its visible text, each block on a line of its own.

Tabs stand where inline elements begin and end, and between the columns of preformatted text.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from html.parser import HTMLParser

from backtest.reports.markup import UNSHOWN

BLOCK, PIECE = "\n", "\t"
_INLINE = set(
    "a abbr b bdi bdo big cite code em font i kbd label mark q s small span strong sub sup time tspan u".split()  # noqa: SIM905
)
_UNSEEN = set(
    "del s strike head noscript object script style template textarea title defs desc metadata".split()  # noqa: SIM905
)
_VOID = set("area base br col embed hr img input link meta param source track wbr".split())  # noqa: SIM905
_SPACES, _COLUMNS = re.compile(r"[\s\u2000-\u200a\u3000]+"), re.compile(r" {2,}|\t+|\|")
_INVISIBLE = re.compile("[\r\u00ad\u200b-\u200d\u2060\ufeff]")
_PLAIN = {0xFF01 + code: 0x21 + code for code in range(94)} | {ord("💲"): "$"}
"""Letters and signs as wide as two, and the sign of a dollar as a picture."""


class PageText(HTMLParser):
    """The visible text of a page of which every `<` begins a tag that ends (`backtest.reports.markup`)."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self._parts: list[str] = []
        self._length = 0
        self._starts, self._lines = [0], [1]
        self._unseen: list[str] = []
        """The open elements from a hidden one on."""
        self._tag, self._laid_out = "", 0
        self.feed(page)
        self.close()
        self.text = "".join(self._parts)

    def line_at(self, offset: int) -> int:
        """Return the line of the file from which the text at an offset comes."""
        return self._lines[bisect_right(self._starts, offset) - 1]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Part the text, and note what is hidden."""
        self._add(PIECE if tag in _INLINE else BLOCK)
        self._tag = tag
        if tag in _VOID:
            return
        self._laid_out += tag == "pre"
        named = {name: value or "" for name, value in attrs}
        hides = tag in _UNSEEN or "hidden" in named or named.get("aria-hidden") == "true"
        if self._unseen or hides or UNSHOWN.search(named.get("style", "")):
            self._unseen.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Part the text; what is hidden ends with its element."""
        self._add(PIECE if tag in _INLINE else BLOCK)
        self._tag = ""
        if tag == "pre":
            self._laid_out = max(0, self._laid_out - 1)
        if tag in self._unseen:
            del self._unseen[-1 - self._unseen[::-1].index(tag) :]

    def handle_data(self, data: str) -> None:
        """Add a text that is shown and is no note's number."""
        if self._unseen or (self._tag == "sup" and not data.strip().isalpha()):
            return
        data, line = _INVISIBLE.sub("", data).translate(_PLAIN), self.getpos()[0]
        for position, text in enumerate(data.split("\n") if self._laid_out else [_SPACES.sub(" ", data)]):
            self._add(BLOCK if position else "")
            self._starts.append(self._length)
            self._lines.append(line + position)
            self._add(_COLUMNS.sub(PIECE, text) if self._laid_out else text)

    def _add(self, text: str) -> None:
        self._parts.append(text)
        self._length += len(text)
