"""What a label announces: one of our fields, or a number that is certainly none of ours."""

from __future__ import annotations

import re
from enum import Flag, auto
from functools import lru_cache

from backtest.reports import vocabulary as say
from backtest.reports.vocabulary import ICONS, fold


class Kind(Flag):
    """What a label announces. OTHER: a number that is certainly none of ours."""

    NONE = 0
    TICKER = auto()
    COMPANY = auto()
    GRADE = auto()
    SCORE = auto()
    TOTAL = auto()  # with SCORE: the label itself says that it is the total
    PRICE = auto()
    CURRENT = auto()  # with PRICE: the label says that it is the price of now
    GAP = auto()
    OTHER = auto()


_LABEL_NOISE = re.compile(r"\([^)]*\)|\[[^\]]*\]|[:：*＊•·|#%$€¥°=>→\-–—]+|^\d+[.)]\s")
_JOINED = re.compile(r"_+|(?<=[a-z])(?=[A-Z])")
"""Where the words of a name in a program part: "current_price", "currentPrice"."""
_FILLERS = re.compile(
    r"\b(?:stock|share|size|up|down|the|of|current|last|live|latest|market|pre|premarket|total|overall|composite|weighted|backtest|letter|earnings"
    r"|trade|investment|final|quality|change|aktuell\w*|gesamt\w*|actuel\w*|actual|totale?|globale?|general|de|la|le|du|el|d'ouverture|ouverture"
    r"|open(?:ing)?|apertura|eroffnung\w*|name|symbol|code|usd|pct|percent|in|now|today|us|post|points?|score)\b|[()/.,]|'"
)


_FIELDS = (
    (Kind.GAP, say.GAP, say.GAP_ALLOWS),
    (Kind.SCORE, say.SCORE, say.SCORE_ALLOWS),
    (Kind.PRICE, say.PRICE, say.PRICE_ALLOWS),
)
_BESIDES = (
    (Kind.TOTAL, say.TOTAL, Kind.SCORE),
    (Kind.CURRENT, say.CURRENT, Kind.PRICE),
    (Kind.GRADE, say.GRADE, Kind.NONE),
    (Kind.COMPANY, say.COMPANY, Kind.NONE),
    (Kind.TICKER, say.TICKER, Kind.NONE),
)


@lru_cache(maxsize=8192)
def label_kinds(text: str) -> Kind:
    """Return what a label announces; NONE for words that are no label we know."""
    folded = fold(_JOINED.sub(" ", ICONS.sub(" ", text)))
    bare = " ".join(_LABEL_NOISE.sub(" ", folded).split())
    if not bare:
        return Kind.OTHER if folded.strip() == "#" else Kind.NONE
    if len(bare) > 60:
        return Kind.NONE
    if not any(character.isalpha() for character in bare):
        return Kind.NONE  # "52%" labels nothing
    kinds, allowed = next(
        ((kind, allowed) for kind, words, allowed in _FIELDS if words.search(bare)), (Kind.NONE, None)
    )
    if say.NOT_OURS.search(allowed.sub(" ", bare) if allowed else bare):
        return Kind.OTHER
    if kinds is Kind.GAP:
        return Kind.OTHER if say.SCORE.search(bare) else kinds
    for kind, words, needed in _BESIDES:
        if needed & kinds == needed and words.search(bare):
            kinds |= kind
    return Kind.OTHER if kinds & (Kind.SCORE | Kind.GRADE) and say.EARLIER.search(bare) else kinds


@lru_cache(maxsize=8192)
def is_plain_label(text: str) -> bool:
    """Return whether a piece of text is nothing but a label ("Current Price", not "T. Rowe Price Group")."""
    kinds = label_kinds(text)
    if not kinds:
        return False
    folded = fold(_JOINED.sub(" ", ICONS.sub(" ", text)))
    bare = " ".join(_LABEL_NOISE.sub(" ", folded).split())
    if Kind.OTHER in kinds:
        return True
    for pattern in (say.GAP, say.SCORE, say.PRICE, say.GRADE, say.TICKER, say.COMPANY):
        bare = pattern.sub(" ", bare)
    return not _FILLERS.sub(" ", bare).strip(" -&+")
