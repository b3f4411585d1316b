"""What the second reader sees of a page: its visible text, each block on a line of its own.

Tabs stand where inline elements begin and end, and between the columns of preformatted text.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from html.parser import HTMLParser
from itertools import accumulate

from backtest.reports.markup import UNSHOWN

_INLINE = set(
    "a abbr b bdi bdo big cite code em font i kbd label mark q s small span strong sub sup time tspan u".split()  # noqa: SIM905
)
_UNSEEN = set(
    "del s strike head noscript object script style template textarea title defs desc metadata".split()  # noqa: SIM905
)
_SPACES, _COLUMNS = re.compile(r"[\s\u2000-\u200a\u3000]+"), re.compile(r" {2,}|\t+|\|")
_INVISIBLE = re.compile("[\r\u00ad\u200b-\u200d\u2060\ufeff]")
_PLAIN = {0xFF01 + code: 0x21 + code for code in range(94)} | {ord("💲"): "$"}
"""Letters and signs as wide as two, and the sign of a dollar as a picture."""


class PageText(HTMLParser):
    """The visible text of a page of complete tags, void ones as `<br />` (`backtest.reports.markup`)."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self._pieces: list[tuple[str, int]] = []
        """Each piece of the text, and the line of the file where it begins."""
        self._unseen: list[str] = []
        """The open elements from a hidden one on."""
        self._tag, self._laid_out = "", 0
        self.feed(page)
        self.close()
        self.text = "".join(piece for piece, _ in self._pieces)
        self._starts = [0, *accumulate(len(piece) for piece, _ in self._pieces)]

    def line_at(self, offset: int) -> int:
        """Return the line of the file from which the text at an offset comes."""
        at = bisect_right(self._starts, offset) - 1
        return self._pieces[at][1] + self.text.count("\n", self._starts[at], offset)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Part the text, and note what is hidden."""
        self._part(tag)
        self._tag = tag
        self._laid_out += tag == "pre"
        named = {name: value or "" for name, value in attrs}
        hides = tag in _UNSEEN or "hidden" in named or named.get("aria-hidden") == "true"
        if self._unseen or hides or UNSHOWN.search(named.get("style", "")):
            self._unseen.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Part the text; what is hidden ends with its element."""
        self._part(tag)
        self._tag = ""
        if tag == "pre":
            self._laid_out = max(0, self._laid_out - 1)
        if tag in self._unseen:
            del self._unseen[-1 - self._unseen[::-1].index(tag) :]

    def handle_data(self, data: str) -> None:
        """Add a text that is shown and is no note's number."""
        if self._unseen or (self._tag == "sup" and not data.strip().isalpha()):
            return
        text = _INVISIBLE.sub("", data).translate(_PLAIN)
        self._add(_COLUMNS.sub("\t", text) if self._laid_out else _SPACES.sub(" ", text))

    def _part(self, tag: str) -> None:
        self._add("\t" if tag in _INLINE else "\n")

    def _add(self, text: str) -> None:
        self._pieces.append((text, self.getpos()[0]))
