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


_NO_STOCKS = re.compile(
    r"\bno\b(?![^.]{0,40}\b[a-d]-?grade)[^.:;]{0,60}\b(?:stocks?|candidates?|names?|setups?|opportunit\w+|"
    r"tickers?|companies|securities|signals?|trades?|picks?|equities)\b[^.:;]{0,80}(?:found|qualif\w*|"
    r"available|today|met|meet|pass\w*|identified|eligible|returned|this morning|screen\w*|criteria)?|"
    r"\b(?:nothing|none|zero|0) (?:stocks?|candidates?|names?)? ?(?:qualified|qualif\w+|passed|met|eligible|"
    r"found|to trade)\b|\bnothing (?:to trade|qualified|passed)\b|\breturned no\b|"
    r"\bnone of the\b[^.]{0,60}\b(?:qualif\w*|met|passed)\b|\bkeine?\b[^.]{0,50}\b(?:aktien?|kandidaten?|"
    r"titel|werte?|treffer|signale?|unternehmen)\b|\baucune?\b[^.]{0,50}\b(?:action|titre|candidat|valeur|"
    r"opportunite|entreprise|resultat)s?\b|\bning(?:un|una|uno)\b[^.]{0,50}\b(?:accion|candidat\w|valor|"
    r"empresa|oportunidad)\w*\b|\bno hay\b[^.]{0,50}\b(?:acciones|candidat\w*|valores|empresas)\b|"
    r"\bno se (?:encontr|han encontrado|identific)\w*|\bnessun\w?\b[^.]{0,50}\b(?:azion\w|titol\w|"
    r"candidat\w)\b|\bnenhum\w?\b[^.]{0,50}\b(?:ac\w+|candidat\w)\b|\bgeen\b[^.]{0,50}\b(?:aandelen|"
    r"kandidaten)\b|該当[^。]{0,12}(?:なし|ありません|無し|ない)|(?:対象|候補|条件)[^。]{0,20}(?:なし|"
    r"ありません|ない|いません)|没有[^。]{0,12}(?:股票|候选)|無符合"
)


def says_no_stocks(text: str) -> bool:
    """Return whether a sentence says that nothing qualified today."""
    return bool(_NO_STOCKS.search(fold(text)))
