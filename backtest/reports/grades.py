"""Grade letters as reports write them: "A-Grade", "Grade: B", "Klasse C", "Dランク", a badge with nothing but "A"."""

from __future__ import annotations

import re
from functools import lru_cache

_GRADE_WORD = (
    r"(?:grades?|graded|(?:earns|gets|makes it) an?|(?:grade|rate) it"
    r"|rated|rating|ranked|tier|class|stufe|klasse|note|noten|einstufung|bewertung|gute|guteklasse|grado|clase|calificaci[oó]n|classifica[cç][aã]o|valutazione|beoordeling|categoria|categorie|classe|nivel|niveau|mention|notation"
    r"|rang|ランク|グレード|評価|等級|級|级|评级|評級|등급|класс|рейтинг|letter|cijfer|voto|nota|quality)"
)
GRADE_TEXT = re.compile(
    rf"(?i:(?<![a-z]){_GRADE_WORD}(?: of(?: an?)?)?)"
    rf"\s*[:：=\-–—]?\s*[\"'(\[「]?(?P<after>[A-F][+-]?)[\"')\]」]?(?![A-Za-z0-9'&]|\.(?!\s*$))"
    rf"|(?<![A-Za-z0-9&'.])(?P<before>[A-F][+-]?)[\"')\]]?[ \-–—]?(?i:{_GRADE_WORD})(?![a-z])"
)
_GRADE_FIRST = re.compile(r"\W*([A-F])[+-]?\s(?:[–—:|-]\s|list\b|\(?\d\d)")
"""How the heading of a grade's stocks may begin ("C — watch only")."""
_BARE_GRADE = re.compile(r"(?:[A-F][+-]?\s?(?:→|->|➜|⇒)\s?)?[\[(「]?([A-F])([+-]?)[\])」]?[\s:：]*[★☆⭐*✩✪\s]*")
_WAS = re.compile(r"(?i)\b(?:was|were|formerly|previously)\b")
"""What makes the letter of a heading an earlier one ("Promoted: were C-grade")."""


@lru_cache(maxsize=8192)
def heading_grades(text: str) -> tuple[str, ...]:
    """Return the grade letters a heading names, each once ("A-Grade Stocks (85+)" → A)."""
    if _WAS.search(text):
        return ()
    found = [match.group("after") or match.group("before") for match in GRADE_TEXT.finditer(text)]
    if bare := _BARE_GRADE.fullmatch(text.strip()) or _GRADE_FIRST.match(text):
        found.append(bare.group(1))
    return tuple(dict.fromkeys(letter[0] for letter in found))


@lru_cache(maxsize=8192)
def bare_grade(text: str) -> str | None:
    """Return the letter of a badge that shows nothing else ("B", "B+", "A ★★★★★", "[C]"), A to F."""
    bare = _BARE_GRADE.fullmatch(text)
    return bare.group(1) + bare.group(2) if bare else None
