"""Bytes of a report → text that no parser runs away on, refused when they are too big, too deep or no HTML."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NoReturn

from backtest.errors import InputError
from backtest.reports.markup import harmless

MAX_BYTES = 5_000_000
MAX_TAGS = 20_000
MAX_DEPTH = 250
"""Far more than any page has; each tag looks at those around it."""
MAX_STOCKS = 1_500
"""More names than that on one page are no day's report; each costs time to read."""
MAX_MARKS = 200_000
"""At most that many `<`, `&` and `=` each: a page made of them would be slow with few tags or none."""
MAX_TEXT = 500_000
"""Characters outside of tags; a day's report has a tenth of them, and each is looked at several times."""
LIMITS = f"at most {MAX_TAGS:,} tags, depth {MAX_DEPTH}"
NEXT_STEP = "Check the file, or run with --no-report to decide exits only."
_CHARSET = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?\s*([A-Za-z0-9_-]{2,20})", re.IGNORECASE)
_TAG = re.compile("<[^>]*+>")
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

    for is_so, found, expected in (
        (len(content) > MAX_BYTES, f"more than {MAX_BYTES:,} bytes", "at most that"),
        (not content.strip(), "an empty file", "an HTML report"),
        (content.startswith(b"\x1f\x8b"), "gzip data", "plain HTML"),
        (content.startswith((b"\xff\xfe", b"\xfe\xff")), "UTF-16", "UTF-8"),
        (b"\x00" in content, "NUL bytes", "text"),
    ):
        if is_so:
            refuse(found, expected)
    text = _decode(content)
    if text is None:
        refuse("bytes that are no UTF-8", "UTF-8, or the charset the page declares")
    if "<" not in text:
        refuse("no HTML tag", "an HTML report")
    if any(text.count(mark) > MAX_MARKS for mark in "<&="):
        refuse(f"more than {MAX_MARKS:,} markup characters", LIMITS)
    if (tags := len(re.findall(r"<[a-zA-Z]", text))) > MAX_TAGS:
        refuse(f"{tags:,} tags", LIMITS)
    text = harmless(text)
    if len(_TAG.sub("", text)) > MAX_TEXT:
        refuse(f"more than {MAX_TEXT:,} characters of text", "a report")
    return text


def _decode(content: bytes) -> str | None:
    declared = _CHARSET.search(content[:4096])
    legacy = _LEGACY.get(declared.group(1).decode("ascii").lower()) if declared else None
    for codec in ("utf-8-sig", legacy):
        try:
            return content.decode(codec) if codec else None
        except UnicodeDecodeError:
            continue
    return None
