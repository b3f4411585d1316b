"""What headings and notices say: is a section today's list, a calendar, the past, a plan, the parts of a score."""

from __future__ import annotations

import re
from enum import Flag, auto
from functools import lru_cache

from backtest.reports.grades import heading_grades
from backtest.reports.vocabulary import ICONS, fold, words_pattern


class Section(Flag):
    """What a heading says about the stocks below it."""

    NONE = 0
    EXCLUDED = auto()  # coming reports, watch lists, past results, methodology, market
    MARKET = auto()  # index funds, peers, holdings: excluded too, unless a stock shows grade and score of its own
    SECONDARY = auto()  # top picks, rankings, plans: the same stocks once more
    ELEMENTS = auto()  # the parts of a score
    PLAN = auto()  # targets, stops, entry zones: prices that are not the price


_EXCLUDED = words_pattern(
    # coming reports and watch lists
    r"\bupcoming\b", r"\bcoming (?:up|week|days|soon|earnings|reports)\b", r"\bcalendar\b", r"\bschedule[ds]?\b",
    r"\bnext (?:week|day|session|month|earnings|up|reports?)\b", r"\bwatch(?:ing| ?-?lists?)\b", r"\bto watch\b",
    r"^watch$", r"^avoid$", r"\bradar\b", r"\btomorrow\b", r"\breporting (?:next|this|after|later)\b",
    r"\b(?:yet|still) to (?:come|report)\b", r"\blater today\b", r"\bahead\b", r"\bexpected\b", r"\bpreview\b",
    r"\banstehend\w*\b", r"\bkommende\w*\b", r"\btermine?\b", r"\bkalender\b", r"\bbeobachtungs\w*\b",
    r"\bnachste\w* (?:woche|tage|berichte|zahlen|termine)\b", r"\ba venir\b", r"\bprochain\w*\b", r"\bcalendrier\b",
    r"\bsurveill\w*\b", r"\bproxim\w*\b", r"\bcalendario\b", r"\bseguimiento\b", r"\bagenda\b", r"\bin arrivo\b",
    r"今後|予定|カレンダー|ウォッチ|監視|来週|明日|即将|观察",
    # the past
    r"\bpast\b", r"\bprevious\b", r"\bprior\b", r"\blast (?:week|month|report|session|quarter)\w*\b",
    r"\byesterday\w*'?s? (?:picks?|results?|candidates?|trades?|list|winners|movers)\b", r"\btrack record\b",
    r"\b(?:performance|results?) (?:review|tracker|of|summary|update|recap)\b", r"\breview of\b",
    r"\bclosed (?:trades?|positions?)\b", r"\bhow (?:did|they|our)\b", r"\barchive\b", r"\bwinners and losers\b",
    r"\bhistorical (?:results?|picks?|trades?|performance)\b", r"\bvergangen\w*\b", r"\bruckblick\b",
    r"\bbisherige\w*\b", r"\bvorherige\w*\b", r"\bpasse\w*\b", r"\bprecedent\w*\b", r"\bhistorique\b",
    r"\bpasad[oa]s?\b", r"\banterior\w*\b", r"\bhistorial\b", r"過去|実績|前回|先週|前日の|历史|往期",
    # how it is done
    r"\bmethod\w*\b", r"\bhow (?:we|to|scor\w*|it|this|the)\b", r"\blegend[ae]?\b", r"^examples?\b", r"\bexplained\b",
    r"\bscoring (?:system|method\w*|guide|criteria|legend|model|rules|reference)\b", r"\bglossary\b", r"\babout\b",
    r"\b(?:grad(?:e|ing)|rating) (?:system|scale|legend|definitions?|classif\w*|key|guide|criteria|bands?|ranges?|"
    r"thresholds?)\b",
    r"\bdefinitions?\b", r"\bdisclaimer\b", r"\bwhat (?:the|do|is|are)\b", r"\bfaq\b", r"\bhaftung\w*\b",
    r"\bnotenskala\b", r"\bbewertungs(?:skala|schema|system)\b", r"\bavertissement\b", r"\bmetodolog\w*\b",
    r"\bleyenda\b", r"\baviso\b", r"\bescala\b", r"\bechelle\b", r"凡例|方法|免責|基準|説明|图例",
    # what did not pass
    r"\bexclu\w*\b", r"\brejected\b", r"\b(?:not |non-?|dis)qualif\w*\b",
    r"\b(?:did|does|do) not (?:qualify|make|meet)\b",
    r"\b(?:filtered|screened) out\b", r"\bremoved\b", r"\bfailed\b", r"\bineligible\b", r"\bdropped\b",
    r"\bnear miss\w*\b", r"\bhonou?rable mentions?\b", r"\bun(?:graded|scored)\b", r"\bskipped\b", r"\bpassed over\b",
    r"\bausgeschlossen\w*\b", r"\baussortiert\w*\b", r"\becarte\w*\b", r"\brejet\w*\b", r"\bdescartad\w*\b",
    r"除外|対象外|淘汰",
)  # fmt: skip
_MARKET = words_pattern(
    r"\bmarket (?:overview|summary|snapshot|status|context|recap|environment|pulse|indices|conditions|"
    r"backdrop|wrap|data|watch|breadth|movers)\b",
    r"\bthe market\b", r"\bmarkets?$", r"\bind(?:ic|iz|ex)es\b", r"\bindex\b", r"\betfs?\b", r"\bbenchmarks?\b",
    r"\bfutures\b", r"\bmacro\b", r"\bmarkt(?:uber\w*|umfeld|lage)\b", r"\bmarche\b", r"\bmercados?\b",
    r"\b(?:other|notable) movers\b", r"\bpeers?\b", r"\bcompetitors\b", r"\bcomparables?\b", r"\brelated\b",
    r"\bheadlines\b", r"\binsider\b", r"\b(?:current|open|existing|our) positions?\b", r"\bportfolio\b",
    r"\bholdings\b", r"\bsector (?:performance|leaders|overview|heat ?map|rotation|distribution)\b",
    r"市場|市況|相場|指数|大盘|保有",
)  # fmt: skip
_STRONGLY_EXCLUDED = words_pattern(
    r"\bupcoming\b", r"\bcalendar\b", r"\bwatch ?-?list\b", r"\bpast\b", r"\bprevious\b", r"\blast week\w*\b",
    r"\bmethod\w*\b", r"\blegend\w?\b", r"\bgrad(?:e|ing) (?:system|scale|legend|definitions?)\b", r"\bexcluded\b",
    r"\brejected\b", r"\btrack record\b", r"\bkalender\b", r"\bkommende\w*\b", r"\bleyenda\b", r"\bexplained\b",
    r"\bclosed\b", r"凡例|過去|予定",
)  # fmt: skip
_SECONDARY = words_pattern(
    r"\btop\b", r"\bpicks?\b", r"\bbest\b", r"\bhighlights?\b", r"\bfavou?rites?\b", r"\bsummary\b", r"\branking\b",
    r"\bat a glance\b", r"\bleader ?board\b", r"\boverview\b", r"\bconviction\b", r"\bspotlight\b", r"\bfeatured\b",
    r"\bzusammenfassung\b", r"\bubersicht\b", r"\brangliste\b", r"\bresum(?:e|en)\b", r"\bsynthese\b",
    r"\bdestacad\w*\b", r"\bm(?:ejores|eilleur\w*)\b", r"\bquick (?:look|reference)\b", r"\bcomparison\b",
    r"\btake ?aways?\b", r"\baction (?:items|list)\b", r"注目|一覧|まとめ",
)  # fmt: skip
_PLAN = words_pattern(
    r"\btargets?\b", r"\banalyst\w*\b", r"\bstrateg\w*\b", r"\bplan\b", r"\bentr(?:y|ies)\b", r"\bexits?\b",
    r"\bstops?\b", r"\blevels?\b", r"\brisk\w*\b", r"\bposition siz\w*\b", r"\bexecution\b", r"\bre[ck]om\w*end\w*\b",
    r"\btrade (?:setup|idea)\b", r"\bkursziel\w*\b", r"\bhandels\w*\b", r"\bobjectifs?\b", r"\bobjetivos?\b",
    r"\bempfehlung\w*\b", r"目標|戦略",
)  # fmt: skip
_ELEMENT_WORDS = words_pattern(
    r"\bbreakdown\b", r"\bcomponent(?:s|es)?\b", r"\belements?\b", r"\bfa[ck]t(?:or|eur)\w*\b", r"\bdetails?\b",
    r"\baufschlusselung\b", r"\bbestandteile\b", r"\bdecomposition\b", r"\bcomposantes?\b", r"\bdesglose\b",
    r"\bsub-?scores?\b", r"\bteil(?:punkte|wertung\w*)\b", r"\bscorecard\b", r"内訳|要素",
)  # fmt: skip


@lru_cache(maxsize=4096)
def section_of(heading: str) -> Section:
    """Return what a heading says about the stocks below it."""
    folded = fold(ICONS.sub(" ", heading))
    if not folded or len(folded) > 160:
        return Section.NONE
    section = Section.NONE
    if _EXCLUDED.search(folded) and (not heading_grades(heading) or _STRONGLY_EXCLUDED.search(folded)):
        section |= Section.EXCLUDED
    if _MARKET.search(folded) and not heading_grades(heading):
        section |= Section.MARKET
    if _SECONDARY.search(folded):
        section |= Section.SECONDARY
    if _ELEMENT_WORDS.search(folded):
        section |= Section.ELEMENTS
    if _PLAN.search(folded):
        section |= Section.PLAN
    return section


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
