"""What headings and notices say: is a section today's list, or a calendar, the past, the market, a legend."""

from __future__ import annotations

import re
from enum import Flag, auto
from functools import lru_cache

from backtest.reports.grades import heading_grades
from backtest.reports.vocabulary import EXCLUDED, ICONS, MARKET, fold


class Section(Flag):
    """What a heading says about the stocks below it."""

    NONE = 0
    EXCLUDED = auto()  # coming reports, watch lists, past results, methodology
    MARKET = auto()  # index funds, peers, holdings: excluded too, unless a stock shows grade and score of its own


@lru_cache(maxsize=4096)
def section_of(heading: str) -> Section:
    """Return what a heading says about the stocks below it; one that names a grade heads stocks of that grade."""
    folded = fold(ICONS.sub(" ", heading))
    if not folded or len(folded) > 160 or heading_grades(heading):
        return Section.NONE
    excluded = Section.EXCLUDED if EXCLUDED.search(folded) else Section.NONE
    return excluded | (Section.MARKET if MARKET.search(folded) else Section.NONE)


_STOCKS = (
    r"(?:stocks?|candidates?|names?|setups?|opportunit\w+|tickers?|companies|securities|signals?|trades?|picks?|equities"
    r"|aktien?|kandidat\w*|titel|werte?|treffer|signale?|unternehmen|actions?|titres?|candidat\w*|valeurs?|entreprises?"
    r"|resultats?|accion\w*|valor\w*|empresas?|oportunidad\w*|azion\w+|titol\w+|aandelen|kandidaten)"
)
_NO_STOCKS = re.compile(
    r"\b(?:no|keine?|aucune?|ning(?:un|una|uno)|nessun\w?|nenhum\w?|geen)\b(?![^.]{0,40}\b[a-d]-?grade)"
    rf"[^.:;]{{0,60}}\b{_STOCKS}\b"
    rf"|\b(?:nothing|none|zero|0) (?:{_STOCKS} )?(?:qualif\w+|passed|met|eligible|found|to trade)\b"
    r"|\bnone of the\b[^.]{0,60}\b(?:qualif\w*|met|passed)\b|\breturned no\b"
    r"|\bno se (?:encontr|han encontrado|identific)\w*"
    r"|該当[^。]{0,12}(?:なし|ありません|無し|ない)|(?:対象|候補|条件)[^。]{0,20}(?:なし|ありません|ない|いません)"
    r"|没有[^。]{0,12}(?:股票|候选)|無符合"
)


def says_no_stocks(text: str) -> bool:
    """Return whether a sentence says that nothing qualified today."""
    return bool(_NO_STOCKS.search(fold(text)))
