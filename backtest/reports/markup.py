"""Markup made harmless for a parser: complete tags, closed where HTML lets a page leave that out, and nothing that
begins and does not end.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable

MAX_DEPTH = 250
"""Far more than any page has, and far less than what a function that calls itself may do."""
MAX_TAG_LENGTH = 4_000
MAX_ATTRIBUTES = 400
"""A longer tag is looked at: a picture inside it is welcome, thousands of attributes are not."""
MAX_LEFT_OUT = 25_000
"""Comments, declarations and end tags that end nothing."""
MAX_UNFINISHED = 10_000_000
"""Characters looked at in vain, in all, for the ends of tags that have none."""

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
_PLAIN = re.compile(
    r"""(?:\s++[^\s"'<>/=]++(?:\s*+=\s*+(?:"[^"]{0,1000}+"|'[^']{0,1000}+'|[^\s"'<>=`/]++(?!/)))?+){0,60}+\s*+(/?)>"""
)
"""The rest of an ordinary tag; bounded, so that looking for it where it is not costs little."""
_GAP = re.compile(r"[\s/]*+")
_ATTRIBUTE = re.compile(r"[^\s/>][^\s/=>]*+")
_EQUALS = re.compile(r"\s*+=++\s*+")
_BARE = re.compile(r"[^\s>]*+")
_SAFE_NAME = re.compile(r"[^\"'<>=]+")
_SECTION = re.compile(r"<!\[(?:CDATA\[|if|else|endif)", re.IGNORECASE)
_RAW_END = {name: re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE) for name in ("script", "style")}
_NO_REFERENCE = re.compile(r"&(?=#)(?!#(?:[0-9]{1,7}|[xX][0-9a-fA-F]{1,6})(?![0-9a-fA-F]))")
"""A character reference that the parser could not read; it would take the rest of the page for text."""


class TooMuchError(ValueError):
    """The page is too deep, one tag alone is too much, or it holds what no page has."""


class Markup:
    """One pass over a page, by hand: a regular expression over a hostile page could run quadratically.

    Lines stay where they were: what is left out leaves its line breaks behind, in a comment or a tag.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._open = _OpenTags()
        self._pieces: list[str] = []
        self._copied = 0
        self._absent: dict[str, int] = {}
        self._looked_at_in_vain = 0
        self._left_out = 0

    def rewritten(self) -> str:
        """Return the page for the parser. Raises TooMuchError."""
        position = 0
        while (position := self._text.find("<", position)) >= 0:
            position = self._construct(position)
        text = "".join([*self._pieces, self._text[self._copied :], "\n"])
        return _NO_REFERENCE.sub("&amp;", text)

    def _construct(self, at: int) -> int:
        """Look at what begins with the `<` there; return where to go on."""
        following = self._text[at + 1 : at + 2]
        if following in ("!", "?"):
            return self._declaration(at)
        if following == "/":
            return self._end_tag(at)
        if following.isascii() and following.isalpha():
            return self._start_tag(at)
        return self._as_text(at)

    def _declaration(self, at: int) -> int:
        """Comments, declarations and processing instructions say nothing to a reader."""
        ending = ">"
        if self._text.startswith("<!--", at):
            ending = "-->"
        elif self._text.startswith("<![", at):
            section = _SECTION.match(self._text, at)
            if section is None:
                raise TooMuchError("a marked section that no page has")
            ending = "]]>" if section[0].upper() == "<![CDATA[" else ">"
        end = self._find(ending, at + 2)
        return self._as_text(at) if end < 0 else self._as_comment(at, end + len(ending))

    def _end_tag(self, at: int) -> int:
        end = self._find(">", at + 2) + 1
        if not end:
            return self._as_text(at)
        name = _NAME.match(self._text, at + 2)
        if name is None or not self._open.close(name[0].lower()):
            return self._as_comment(at, end)
        return end

    def _start_tag(self, at: int) -> int:
        found = _NAME.match(self._text, at + 1)
        tag = self._tag_after(found.end(), at) if found else None
        if found is None or tag is None:
            return self._as_text(at)
        name = found[0].lower()
        end, is_closed, written = tag
        ended = [] if name in VOID_TAGS else self._open.close_implied(name)
        if ended or written is not None:
            shown = self._text[at:end] if written is None else written
            self._replace(at, end, "".join([*(f"</{one}>" for one in ended), shown]))
        if name in VOID_TAGS or is_closed:
            return end
        if name in _RAW_END:
            return self._raw_text(name, end)
        self._open.add(name)
        return end

    def _tag_after(self, name_end: int, at: int) -> tuple[int, bool, str | None] | None:
        """Return (end, closes itself, as written anew) of a tag; None when it does not end."""
        plain = _PLAIN.match(self._text, name_end)
        if plain:
            return plain.end(), bool(plain[1]), None
        return None if self._find(">", name_end) < 0 else self._long_tag(at, name_end)

    def _long_tag(self, at: int, name_end: int) -> tuple[int, bool, str] | None:
        position, written = name_end, [self._text[at:name_end]]
        for count in itertools.count():
            gap = _GAP.match(self._text, position)
            assert gap is not None  # it may be empty
            position = gap.end()
            following = self._text[position : position + 1]
            if following == ">":
                breaks = self._text.count("\n", at, position) - sum(part.count("\n") for part in written)
                is_closed = gap[0].endswith("/")
                return position + 1, is_closed, "".join([*written, "\n" * breaks, "/>" if is_closed else ">"])
            if count > MAX_ATTRIBUTES and position - at > MAX_TAG_LENGTH:
                raise TooMuchError(f"a tag with more than {MAX_ATTRIBUTES:,} attributes")
            after = self._attribute(position, written) if following else -1
            if after < 0:
                break
            position = after
        self._looked_at_in_vain += position - at
        if self._looked_at_in_vain > MAX_UNFINISHED:
            raise TooMuchError("tags that do not end")
        return None

    def _attribute(self, position: int, written: list[str]) -> int:
        """Write the attribute there; return where it ends, -1 when it does not."""
        name = _ATTRIBUTE.match(self._text, position)
        assert name is not None  # neither a gap nor the end of the tag
        equals = _EQUALS.match(self._text, name.end())
        if equals is None:
            start = end = after = name.end()
        elif self._text[equals.end() : equals.end() + 1] in ("'", '"'):
            start = equals.end() + 1
            end = self._find(self._text[start - 1], start)
            after = end + 1
            if end < 0:
                return -1
        else:
            start, end = _BARE.match(self._text, equals.end()).span()  # type: ignore[union-attr]  # it may be empty
            after = end
        if _SAFE_NAME.fullmatch(name[0]):
            value = self._text[start:end].replace('"', "&quot;")
            written.append(f' {name[0]}="{value}"')
        return after

    def _raw_text(self, name: str, start: int) -> int:
        """Leave out what a script or a style sheet says; without an end it reaches to that of the page."""
        ending = _RAW_END[name].search(self._text, start)
        end = self._find(">", ending.end()) + 1 if ending else 0
        if not end:
            end = len(self._text)
        self._replace(start, end, "\n" * self._text.count("\n", start, end) + f"</{name}>")
        return end

    def _as_text(self, at: int) -> int:
        self._replace(at, at + 1, "&lt;")
        return at + 1

    def _as_comment(self, at: int, end: int) -> int:
        """Leave out what is there; a comment keeps the texts around it apart, as an end tag would."""
        self._left_out += 1
        if self._left_out > MAX_LEFT_OUT:
            raise TooMuchError(f"more than {MAX_LEFT_OUT:,} comments and end tags that end nothing")
        self._replace(at, end, f"<!-- {chr(10) * self._text.count(chr(10), at, end)} -->")
        return end

    def _replace(self, start: int, end: int, by: str) -> None:
        self._pieces += (self._text[self._copied : start], by)
        self._copied = end

    def _find(self, ending: str, start: int) -> int:
        """Find the next ending, -1 for none; one that is known to be absent is not looked for again."""
        if start >= self._absent.get(ending, len(self._text) + 1):
            return -1
        found = self._text.find(ending, start)
        if found < 0:
            self._absent[ending] = start
        return found


class _OpenTags:
    """The tags open at a place of the page, and where each name is open."""

    def __init__(self) -> None:
        self._names: list[str] = []
        self._places: dict[str, list[int]] = {}

    def add(self, name: str) -> None:
        self._places.setdefault(name, []).append(len(self._names))
        self._names.append(name)
        if len(self._names) > MAX_DEPTH:
            raise TooMuchError(f"tags nested deeper than {MAX_DEPTH}")

    def close(self, name: str) -> bool:
        """Close the innermost tag of this name and all inside it; return whether there was one."""
        place = self._innermost((name,))
        self._cut(place)
        return place >= 0

    def close_implied(self, name: str) -> list[str]:
        """Close what a new tag of this name ends; return the names, innermost first."""
        closed, scope = CLOSED_BY.get(name, ((), ()))
        place = self._innermost(closed)
        return self._cut(place) if place > self._innermost(scope) else []

    def _innermost(self, names: Iterable[str]) -> int:
        return max((places[-1] for name in names if (places := self._places.get(name))), default=-1)

    def _cut(self, place: int) -> list[str]:
        if place < 0:
            return []
        ended = self._names[place:][::-1]
        del self._names[place:]
        for name in ended:
            self._places[name].pop()
        return ended
