"""HTML → tags and texts, in one linear pass that no page can make run away.

Elements are closed where HTML lets a page leave that out; what begins and does not end is text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import unescape
from typing import Final, TypeAlias

MAX_DEPTH = 250
"""Far more than any page has."""
MAX_ATTRIBUTES = 400
MAX_UNFINISHED = 100
"""Tags that do not end, each looked at up to the end of the page."""

VOID_TAGS = frozenset(
    "area base basefont br col embed frame hr img input keygen link meta param source track wbr".split()  # noqa: SIM905
)
CLOSED_BY: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    # a new `tag` ends an open one of the first set, looked for up to one of the second
    "li": (frozenset({"li"}), frozenset({"ul", "ol", "menu"})),
    "dt": (frozenset({"dt", "dd"}), frozenset({"dl"})),
    "dd": (frozenset({"dt", "dd"}), frozenset({"dl"})),
    "tr": (frozenset({"tr"}), frozenset({"table"})),
    "td": (frozenset({"td", "th"}), frozenset({"table", "tr"})),
    "th": (frozenset({"td", "th"}), frozenset({"table", "tr"})),
    "tbody": (frozenset({"tbody", "thead", "tfoot"}), frozenset({"table"})),
    "thead": (frozenset({"tbody", "thead", "tfoot"}), frozenset({"table"})),
    "tfoot": (frozenset({"tbody", "thead", "tfoot"}), frozenset({"table"})),
    "option": (frozenset({"option"}), frozenset({"select"})),
    "p": (frozenset({"p"}), frozenset({"div", "td", "th", "li", "section", "article", "body", "dd", "blockquote"})),
}

_NAME = re.compile(r"[a-zA-Z][^\s/><]{0,39}+(?![^\s/><])")
_ATTRIBUTE = re.compile(
    r"([^\s/>=]++)(?:\s*+=++\s*+(?:\"([^\"]*+)\"|'([^']*+)'|(?![\"'])([^\s>]*+))|(?!\s*+=))|=(?!\s*+[\"'])"
)
_ATTRIBUTES = re.compile(rf"(?:[\s/]*+(?:{_ATTRIBUTE.pattern})){{0,{MAX_ATTRIBUTES}}}+[\s/]*+")
_RAW_END = {name: re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE) for name in ("script", "style")}


class TooMuchError(ValueError):
    """The page is too deep, or one tag alone is too much."""


@dataclass(frozen=True, slots=True)
class Tag:
    """A start tag; names in lower case. line: of the file."""

    name: str
    attributes: dict[str, str]
    line: int


@dataclass(frozen=True, slots=True)
class Text:
    """Text between two tags, with its character references resolved."""

    text: str
    line: int


END: Final = None
"""The innermost open element ends; every tag has its end."""
Token: TypeAlias = Tag | Text | None


def read_markup(page: str) -> Iterator[Token]:
    """Yield the tags and texts of a page. Raises TooMuchError."""
    return _Reader(page).tokens()


class _Reader:
    """Goes from one `<` to the next."""

    def __init__(self, page: str) -> None:
        self.page = page
        self.open = _OpenElements()
        self.counted, self.line = 0, 1
        self.absent: set[str] = set()
        self.unfinished = 0

    def tokens(self) -> Iterator[Token]:
        done = at = 0
        while (at := self.page.find("<", at)) >= 0:
            end = self._end_of(at)
            if end < 0:
                at += 1  # text
                continue
            if done < at:
                yield Text(unescape(self.page[done:at]), self._line_of(done))
            name = _NAME.match(self.page, at + 1)
            if self.page[at + 1] == "/":
                yield from self._end_tag(at)
            elif name is not None:
                yield from self._start_tag(name[0].lower(), name.end(), end)
                end = self._after_raw_text(name[0].lower(), end)
            at = done = end
        if done < len(self.page):
            yield Text(unescape(self.page[done:]), self._line_of(done))
        yield from self.open.close_all()

    def _end_of(self, at: int) -> int:
        """Return the end of the tag, comment or declaration that begins there; -1 when there is none."""
        following = self.page[at + 1 : at + 2]
        if self.page.startswith("<!--", at):
            return self._behind("-->", at + 2)
        if self.page.startswith("<![CDATA[", at):
            return self._behind("]]>", at)
        if following in ("!", "?", "/"):
            return self._behind(">", at) if following else -1
        name = _NAME.match(self.page, at + 1)
        if name is None or self._behind(">", name.end()) < 0:
            return -1
        found = _ATTRIBUTES.match(self.page, name.end())
        assert found is not None  # it may be empty
        if self.page.startswith(">", found.end()):
            return found.end() + 1
        self.unfinished += 1
        if _ATTRIBUTE.match(self.page, found.end()) or self.unfinished > MAX_UNFINISHED:
            raise TooMuchError(f"a tag with more than {MAX_ATTRIBUTES:,} attributes, or many that do not end")
        return -1

    def _behind(self, ending: str, start: int) -> int:
        """Return where the next ending ends, -1 for none; one that is known to be absent is not looked for again."""
        found = -1 if ending in self.absent else self.page.find(ending, start)
        if found < 0:
            self.absent.add(ending)
        return found + len(ending) if found >= 0 else -1

    def _start_tag(self, name: str, start: int, end: int) -> Iterator[Token]:
        yield from self.open.close_implied(name)
        attributes: dict[str, str] = {}
        if end - start > 1:
            for key, *values in _ATTRIBUTE.findall(self.page, start, end - 1):
                attributes.setdefault(key.lower(), unescape("".join(values)))
        yield Tag(name, attributes, self._line_of(start))
        if name in VOID_TAGS or self.page.endswith("/>", start, end):
            yield END
        else:
            self.open.add(name)

    def _after_raw_text(self, name: str, end: int) -> int:
        """Return where the text of a script or a style sheet ends, else `end`; without an end tag it has the page's."""
        if name not in _RAW_END or self.page.endswith("/>", 0, end):
            return end
        ending = _RAW_END[name].search(self.page, end)
        return ending.start() if ending else len(self.page)

    def _end_tag(self, at: int) -> Iterator[Token]:
        name = _NAME.match(self.page, at + 2)
        return self.open.close(name[0].lower()) if name else iter(())

    def _line_of(self, at: int) -> int:
        self.line += self.page.count("\n", self.counted, at)
        self.counted = at
        return self.line


class _OpenElements:
    """The elements open at a place of the page, and where each name is open."""

    def __init__(self) -> None:
        self._names: list[str] = []
        self._places: dict[str, list[int]] = {}

    def add(self, name: str) -> None:
        self._places.setdefault(name, []).append(len(self._names))
        self._names.append(name)
        if len(self._names) > MAX_DEPTH:
            raise TooMuchError(f"tags nested deeper than {MAX_DEPTH}")

    def close(self, name: str) -> Iterator[Token]:
        """End the innermost element of this name and all inside it."""
        return self._cut(self._innermost((name,)))

    def close_implied(self, name: str) -> Iterator[Token]:
        """End what a new element of this name ends."""
        closed, scope = CLOSED_BY.get(name, ((), ()))
        place = self._innermost(closed)
        return self._cut(place if place > self._innermost(scope) else -1)

    def close_all(self) -> Iterator[Token]:
        return self._cut(0)

    def _innermost(self, names: Iterable[str]) -> int:
        return max((places[-1] for name in names if (places := self._places.get(name))), default=-1)

    def _cut(self, place: int) -> Iterator[Token]:
        while len(self._names) > place >= 0:
            self._places[self._names.pop()].pop()
            yield END
