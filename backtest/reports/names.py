"""Is the company a page prints the one the directory lists? A measure over folded words.

Both names lose accents, punctuation, legal forms ("Inc", "Holdings plc") and the words of share classes ("Class A
Common Stock"). Then:

- SAME: the words are equal (`CIENA Corp`, `Ciena Corporation Common Stock`), also when joined (`JPMorgan`,
  `JP Morgan`); or one name begins the other (`Natural Grocers`, `Natural Grocers by Vitamin Cottage`); or at least two
  leading words and two thirds of the shorter name agree (`Molson Coors Brewing`, `Molson Coors Beverage`). A word
  agrees with its abbreviation (`Intl`, `Mgmt`, `Pharma`).
- UNCLEAR: all that agrees is one word, or the initials (`Schwab`, `United`, `BNY`), or no name is listed.
- ANOTHER: the name is exactly another listed company's. UNLIKE: anything else.
"""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum
from functools import lru_cache

from backtest.reports.directory import Directory, first_word


class Fit(StrEnum):
    """How a printed name fits the listed one."""

    SAME = "same"
    UNCLEAR = "unclear"
    UNLIKE = "unlike"
    ANOTHER = "another"


_SHARE_CLASS = re.compile(
    r"\b(?:american deposit[ao]ry|depositary (?:shares?|receipts?)|(?:class|series) [a-z]\b|capital stock|"
    r"common (?:stock|shares?|units?)|ordinary shares?|(?:new york )?registry shares|sub(?:ordinate)? vot|ad[rs]s?\b|"
    r"shares? of|limited partnership|beneficial interest|preferred|pfd\b|warrants?\b|units?\b|each representing|"
    r"par value).*"
)
_LEGAL = frozenset(
    """
    dba inc incorporated corp corporation co company ltd limited plc llc lp llp sa ag se nv spa ab asa oyj kk holding
    holdings group groep trust reit the and of de
    """.split()  # noqa: SIM905
)


@lru_cache(maxsize=20_000)
def core_words(name: str) -> tuple[str, ...]:
    """Return the words that tell a company from others: folded, without legal forms and share classes."""
    text = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    text = re.sub(r"\([^)]*(?:\)|$)", " ", text).replace("'", "")
    text = re.sub(r"\b([a-z])[.\s]+(?=[a-z]\b)", r"\1", text)  # "C.H. Robinson", "N.V."
    words = re.findall(r"[a-z0-9]+", text)
    joined = _SHARE_CLASS.sub("", " ".join(words)).split() or words
    kept = [word for word in joined if word not in _LEGAL]
    return tuple(kept or joined)


def fit(printed: str, ticker: str, directory: Directory) -> Fit:
    """Return how a printed name fits the company that the directory lists under a ticker (which it must)."""
    ours, theirs = core_words(printed), core_words(directory.names[ticker])
    if not ours:
        return Fit.UNLIKE
    if ours == theirs or "".join(ours) == "".join(theirs):
        return Fit.SAME
    others = {core_words(directory.names[other]) for other in directory.beginning_with(first_word(printed))} - {theirs}
    if ours in others:
        return Fit.ANOTHER
    if not theirs:
        return Fit.UNCLEAR
    alike = _leading_alike(ours, theirs)
    shorter = min(len(ours) + ("".join(theirs[:2]) == ours[0]), len(theirs))
    if alike < shorter and not (alike >= 2 and alike * 3 >= shorter * 2):
        return Fit.UNCLEAR if _in_part(ours, theirs, directory) else Fit.UNLIKE
    if alike == 1 and any(other[:1] == theirs[:1] for other in others):
        return Fit.UNCLEAR
    return Fit.SAME


def _in_part(ours: tuple[str, ...], theirs: tuple[str, ...], directory: Directory) -> bool:
    """Return whether the printed name is a part of the listed one ("Schwab"), or its initials ("IBM", "BNY").

    Words with which several companies begin ("Energy", "United") tell nothing.
    """
    several = len({core_words(directory.names[one]) for one in directory.beginning_with(ours[0])}) > 1
    if ours[0] == theirs[0] and len(ours[0]) > 4 and not several:
        return True  # "Deckers Brands", listed as Deckers Outdoor
    if len(ours[0]) >= 3 and "".join(word[0] for word in theirs).startswith(ours[0]):
        return True
    return not several and all(any(_begin_alike(one, other) for other in theirs) for one in ours)


def _begin_alike(one: str, other: str) -> bool:
    short, long = sorted((one, other), key=len)
    return len(short) >= 4 and long.startswith(short)


def _leading_alike(ours: tuple[str, ...], theirs: tuple[str, ...]) -> int:
    count = 0
    if "".join(theirs[:2]) == ours[0]:  # "JPMorgan"
        ours = (*theirs[:2], *ours[1:])
    for one, other in zip(ours, theirs, strict=False):
        if not _is_alike(one, other, first=count == 0):
            break
        count += 1
    return count


def _is_alike(one: str, other: str, *, first: bool) -> bool:
    """Equal, or one begins the other; behind the first word also an abbreviation: its letters in order."""
    short, long = sorted((one, other), key=len)
    if short == long or (len(short) >= (5 if first else 4) and long.startswith(short)):
        return True
    if first or len(short) < 3 or short[0] != long[0]:
        return False
    rest = iter(long)
    return all(letter in rest for letter in short)
