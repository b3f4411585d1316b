"""Markup made harmless for any parser: complete tags and text, nothing that begins and does not end.

The pattern is linear on every text. What could look for its end in vain is made text beforehand, no `<` stands in a tag
outside of quotes, and no repetition is tried again.
"""

from __future__ import annotations

import re

_ENDINGS = (("<!--", "-->"), ("<![CDATA[", "]]>"), ("<", ">"))
_MARKUP = re.compile(
    r"""
    (?P<unseen> <!(?=--).*?--> | <!\[CDATA\[.*?\]\]> | <[!?][^>]*+>
      | <(?P<raw>script|style)(?=[\s/>])[^>]*+> (?P<inside>.*?) (?:</(?P=raw)(?=[\s/>])[^>]*+> | \Z) )
    | <(?P<name>[a-z][^\t\n\r\f\x20/<>]*+)
      (?P<attributes> (?:[\s/]*+ [^\s"'<>/=]++ (?:\s*+=\s*+ (?:"[^"]*+" | '[^']*+' | [^\s"'<>=]*+))?+ )*+ ) [\s/]*+>
    | <(?P<bare>/?[a-z][^\t\n\r\f\x20/<>]*+) [^<>]*+>
    | <
    """,
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
_VOID = frozenset(
    "area base basefont br col embed frame hr img input keygen link meta param source track wbr".split()  # noqa: SIM905
)
STRUCK = re.compile(r"(?i)text-decoration[\w-]*\s*:[^;}]*line-through")
"""A style that takes back what it is put on, as <del> does."""
HIDES = re.compile(
    r"(?i)display\s*:\s*none|(?<![\w-])visibility\s*:\s*hidden"
    rf"|font-size\s*:\s*0(?![.\d])(?![^}}]*(?:inline-block|text-align))|{STRUCK.pattern[4:]}"
)
UNSHOWN = re.compile(
    rf"{HIDES.pattern}|(?<![\w-])opacity\s*:\s*0(?![.\d])|(?:left|top|text-indent)\s*:\s*-\d{{3}}"
    r"|(?<![\w-])(?:max-)?(?:height|width)\s*:\s*0(?![.\d%]).*overflow\s*:\s*hidden"
)
"""What an element's own style says that shows it nowhere; in a page's rules it is often the start of a movement."""
_MARKS = re.compile(r"<!--|-->|[<&]")
MAX_STYLE = 30_000
"""Characters of a style that are kept, where it hides anything."""
MAX_ATTRIBUTES = 4_000
"""Characters of a tag's attributes; longer ones (a picture, thousands of them) say nothing to a reader."""
_NO_REFERENCE = re.compile(r"&(?=#)(?!#(?:[0-9]{1,7}|[xX][0-9a-fA-F]{1,6})(?![0-9a-fA-F]))")
"""A character reference that no parser could read."""


def harmless(text: str) -> str:
    """Return a page's text without comments and scripts, in which every `<` begins a complete tag.

    Lines stay where they were. Attributes that cannot be told apart, or are too long, are left out.
    """
    for opening, ending in _ENDINGS:
        last = text.rfind(ending) + 1
        text = text[:last] + text[last:].replace(opening, "&lt;" + opening[1:])
    return _NO_REFERENCE.sub("&amp;", _MARKUP.sub(_written, text)) + "\n"


def _written(match: re.Match[str]) -> str:
    found, name, breaks = match[0], match["name"] or match["bare"], "\n" * match[0].count("\n")
    style, rest = (match["inside"] or "")[:MAX_STYLE], (match["inside"] or "")[MAX_STYLE:]
    if (match["raw"] or "").lower() == "style" and HIDES.search(style):
        return f"<style>{_MARKS.sub(' ', style)}</style>" + "\n" * rest.count("\n")
    if match["unseen"]:
        return " " + breaks
    if name is None:
        return "&lt;"
    attributes = match["attributes"] or ""
    is_short = len(attributes) <= MAX_ATTRIBUTES
    if name.lower() in _VOID:
        return f"<{name}{attributes if is_short else ''} />"
    return found if (match["name"] and is_short) or name[0] == "/" else f"<{name}>" + breaks
