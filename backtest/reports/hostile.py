"""Bytes of a report → text, refused before any parsing when they are too big, too deep or no HTML.

Everything is counted on the text itself, so that no parser is ever given what could make it run away.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NoReturn

from backtest.errors import InputError

MAX_BYTES = 5_000_000
MAX_TAGS = 50_000
MAX_DEPTH = 500
MAX_STOCKS = 1_500
"""More names than that on one page are no day's report; each costs time to read."""
MAX_MARKS = 200_000
"""At most that many `<` and `&` each: a page made of them would be slow without holding a single tag."""
MAX_TAG_LENGTH = 4_000
MAX_ATTRIBUTES = 400
"""A longer tag is looked at: a picture inside it is welcome, thousands of attributes are not."""

VOID_TAGS = re.compile(
    "area|base|basefont|br|col|embed|frame|hr|img|input|keygen|link|meta|param|source|track|wbr"
).fullmatch
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

_CHARSET = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?\s*([A-Za-z0-9_-]{2,20})", re.IGNORECASE)
_LEGACY = {
    **dict.fromkeys(("windows-1252", "cp1252", "iso-8859-1", "latin1", "us-ascii"), "cp1252"),
    **dict.fromkeys(("shift_jis", "shift-jis", "sjis"), "cp932"),
    **{"iso-8859-15": "iso8859_15", "euc-jp": "euc_jp", "gbk": "gbk", "gb2312": "gbk", "windows-1251": "cp1251"},
}


def checked_text(content: bytes, path: Path) -> str:
    """Return a report's text. Raises InputError (exit 7) naming what is wrong with the bytes.

    UTF-8 (a byte order mark is accepted), or the legacy charset its own meta tag declares.
    """

    def refuse(found: str, expected: str) -> NoReturn:
        raise InputError(f"report unreadable in {path}: {found} (expected {expected})", next_step=NEXT_STEP)

    if len(content) > MAX_BYTES:
        refuse(f"more than {MAX_BYTES:,} bytes", "at most that")
    if not content.strip():
        refuse("an empty file", "an HTML report")
    if content[:2] == b"\x1f\x8b":
        refuse("gzip data", "plain HTML")
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        refuse("UTF-16", "UTF-8")
    if b"\x00" in content:
        refuse("NUL bytes", "text")
    text = _decode(content)
    if text is None:
        refuse("bytes that are no UTF-8", "UTF-8, or the charset the page declares")
    if "<" not in text:
        refuse("no HTML tag", "an HTML report")
    problem = _excess(text)
    if problem:
        refuse(problem, LIMITS)
    try:
        return _with_end_tags(text)
    except _TooMuchError as error:
        refuse(str(error), LIMITS)


LIMITS = f"at most {MAX_TAGS:,} tags, depth {MAX_DEPTH}"
NEXT_STEP = "Check the file, or run with --no-report to decide exits only."


def _decode(content: bytes) -> str | None:
    declared = _CHARSET.search(content[:4096])
    legacy = _LEGACY.get(declared.group(1).decode("ascii").lower()) if declared else None
    for codec in ("utf-8-sig", legacy):
        try:
            return content.decode(codec) if codec else None
        except UnicodeDecodeError:
            continue
    return None


class _TooMuchError(ValueError):
    """The page is too deep, or one tag alone is too much."""


def _excess(text: str) -> str | None:
    if text.count("<") > MAX_MARKS or text.count("&") > MAX_MARKS:
        return f"more than {MAX_MARKS:,} markup characters"
    if text.count("=") > 2 * MAX_MARKS:
        return f"more than {2 * MAX_MARKS:,} equals signs"
    starts = len(re.findall(r"<[a-zA-Z]", text))
    return f"{starts:,} tags" if starts > MAX_TAGS else None


def _with_end_tags(text: str) -> str:
    """Write out the end tags that HTML lets a page leave out (`<li>one<li>two`), counting the depth."""
    open_tags: list[str] = []
    pieces: list[str] = []
    copied = 0
    for position, tag, closes in _tags(text):
        if closes:
            _close(open_tags, tag)
            continue
        closed, scope = CLOSED_BY.get(tag, (None, None))
        if closed is not None and scope is not None:
            ended = _close_implied(open_tags, closed, scope)
            if ended:
                pieces.append(text[copied:position])
                pieces.extend(f"</{name}>" for name in ended)
                copied = position
        open_tags.append(tag)
        if len(open_tags) > MAX_DEPTH:
            raise _TooMuchError(f"tags nested deeper than {MAX_DEPTH}")
    return "".join([*pieces, text[copied:]]) if pieces else text


def _tags(text: str) -> list[tuple[int, str, bool]]:
    """Return (position, name, closes) of the tags in order, void and self-closed ones left out.

    Scanned by hand: a regular expression over a hostile page could run quadratically.
    """
    found: list[tuple[int, str, bool]] = []
    position, length = 0, len(text)
    while True:
        position = text.find("<", position)
        if position < 0 or position + 1 >= length:
            return found
        following = text[position + 1]
        if following in "!?":
            end = text.find("-->" if text.startswith("<!--", position) else ">", position + 2)
            position = length if end < 0 else end + 1
            continue
        closes = following == "/"
        start = position + 1 + closes
        if start >= length or not (text[start].isascii() and text[start].isalpha()):
            position += 1
            continue
        stop = start
        while stop < length and stop - start < 40 and not (text[stop].isspace() or text[stop] in "/><"):
            stop += 1
        name = text[start:stop].lower()
        end = text.find(">", stop)
        if end < 0:
            return found
        if end - stop > MAX_TAG_LENGTH and len(text[stop:end].split(None, MAX_ATTRIBUTES)) > MAX_ATTRIBUTES:
            raise _TooMuchError(f"a tag with more than {MAX_ATTRIBUTES:,} attributes")
        if closes:
            found.append((position, name, True))
        elif not VOID_TAGS(name):
            if text[end - 1] != "/":
                found.append((position, name, False))
            if name in ("script", "style"):
                close = text.lower().find(f"</{name}", end) if length < 200_000 else text.find(f"</{name}", end)
                end = close - 1 if close >= 0 else end
        position = end + 1


def _close(open_tags: list[str], tag: str) -> None:
    for index in range(len(open_tags) - 1, -1, -1):
        if open_tags[index] == tag:
            del open_tags[index:]
            return


def _close_implied(open_tags: list[str], closed: frozenset[str], scope: frozenset[str]) -> list[str]:
    for index in range(len(open_tags) - 1, -1, -1):
        if open_tags[index] in scope:
            return []
        if open_tags[index] in closed:
            ended = open_tags[index:][::-1]
            del open_tags[index:]
            return ended
    return []
