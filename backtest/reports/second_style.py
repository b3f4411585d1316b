"""What the second reader knows of a page's own style: which elements it hides on a screen."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TypeAlias

Rule: TypeAlias = tuple[frozenset[str], bool]
"""The parts of a plain selector ("tr", ".old", "#past"), and whether its elements are hidden."""
HIDDEN = re.compile(
    r"(?i)display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(?![.\d])|text-decoration[^:]*:[^;}]*line-through"
)
"""Not shown, or struck through."""
UNSHOWN = re.compile(
    rf"{HIDDEN.pattern}|(?<![\w-])opacity\s*:\s*0(?![.\d])|(?:left|top|text-indent)\s*:\s*-\d\d\d"
    r"|(?<![\w-])(?:max-)?(?:height|width)\s*:\s*0(?![.\d%]).*overflow\s*:\s*hidden"
)
"""The same of an element's own style."""
_COMMENT = re.compile(r"(?s)/\*.*?\*/")
_AT_RULE = re.compile(r"@[^{};@]*+(?:;|\{(?:[^{}]*+\{[^{}]*+\})*+[^{}]*+\})")
_SELECTOR = re.compile(r"\s*+[\w-]*+(?:[.#][\w-]++)*+\s*+")
MAX_RULES = 200
"""Selectors that are looked at."""


def styles(page: str) -> list[Rule]:
    """Return the rules that show or hide, the strongest first; none where nothing is hidden."""
    css = _AT_RULE.sub("", _COMMENT.sub("", "\n".join(re.findall("(?s)<style>(.*?)</style>", page))))
    rules = [
        (frozenset(re.findall(r"[.#]?[\w-]+", one)), HIDDEN.search(body) is not None)
        for heads, body in re.findall(r"([^{}]++)\{([^{}]*+)\}", css)
        if re.search("(?i)display|visibility|line-through", body)
        for one in heads.split(",")
        if _SELECTOR.fullmatch(one)
    ]
    rules = rules[:MAX_RULES][::-1]  # of equals the last one counts
    ranked = sorted(rules, key=lambda rule: (-sum(one[0] == "#" for one in rule[0]), -len(rule[0])))
    return ranked if any(hides for _, hides in rules) else []


def is_styled_away(rules: Sequence[Rule], tag: str, attributes: Mapping[str, str]) -> bool:
    """Return whether the strongest rule for an element hides it; its own style comes first."""
    own = {tag, *(f".{one}" for one in attributes.get("class", "").split()), f"#{attributes.get('id', '')}"}
    found = (hides for parts, hides in rules if parts <= own)
    return tag not in ("html", "body") and "display" not in attributes.get("style", "") and next(found, False)
