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
    r"\bupcoming\b", r"\bcoming (?:up|week|days|soon|earnings|reports)\b",
    r"\bnext (?:week|day|session|month|earnings|up|reports?)\b", r"\bcalendar\b", r"\bschedule[ds]?\b",
    r"\bon deck\b", r"\bwatch ?-?lists?\b", r"\bwatching\b", r"\bto watch\b", r"\bradar\b", r"\btomorrow\b",
    r"\breporting (?:next|this|after|later)\b", r"\byet to report\b", r"\bstill to (?:come|report)\b",
    r"\blater today\b", r"\bahead\b", r"\bexpected\b", r"\banstehend\w*\b", r"\bbevorstehend\w*\b",
    r"\bkommende\w*\b", r"\bausblick\b", r"\btermine?\b", r"\bkalender\b", r"\bbeobachtungs\w*\b", r"\bmerkliste\b",
    r"\bnachste\w* (?:woche|tage|berichte|zahlen|termine)\b", r"\bmorgen\b", r"\ba venir\b", r"\bprochain\w*\b",
    r"\bcalendrier\b", r"\bsurveill\w*\b", r"\bproxim\w*\b", r"\bcalendario\b", r"\bseguimiento\b", r"\bvigila\w*\b",
    r"\bagenda\b", r"今後", r"予定", r"カレンダー", r"ウォッチ", r"監視", r"来週", r"明日", r"即将", r"观察",
    r"\bin arrivo\b", r"\bpreview\b", r"\bpast\b", r"\bprevious\b", r"\bprior\b",
    r"\blast (?:week|month|report|session|quarter)\w*\b",
    r"\byesterday\w*'?s? (?:picks?|results?|candidates?|trades?|list|winners|movers)\b", r"\btrack record\b",
    r"\b(?:performance|results?) (?:review|tracker|of|summary|update|recap)\b", r"\breview of\b",
    r"\bclosed (?:trades?|positions?)\b", r"\bhow (?:did|they|our)\b", r"\barchive\b", r"\bscorecard\b",
    r"\bretrospective\b", r"\blookback\b", r"\bhistorical (?:results?|picks?|trades?|performance)\b",
    r"\bwinners and losers\b", r"\bvergangen\w*\b", r"\bfruhere\w*\b", r"\bruckblick\b", r"\bbisherige\w*\b",
    r"\bvorherige\w*\b", r"\bletzte\w? (?:woche|empfehlungen|signale|kandidaten)\b", r"\bpasse\w*\b",
    r"\bprecedent\w*\b", r"\bhistorique\b", r"\bbilan\b", r"\bpasad[oa]s?\b", r"\banterior\w*\b", r"\bhistorial\b",
    r"過去", r"実績", r"前回", r"先週", r"前日の", r"历史", r"往期", r"\bmethod\w*\b",
    r"\bhow (?:we|to|scor\w*|it|this|the)\b", r"\blegend\b",
    r"\bscoring (?:system|method\w*|guide|criteria|legend|model|rules|reference)\b",
    r"\bgrad(?:e|ing) (?:system|scale|legend|definitions?|classif\w*|key|guide|criteria|bands?|ranges?|"
    r"thresholds?)\b",
    r"\brating (?:scale|classif\w*|system|legend|guide|definitions?)\b", r"\bglossary\b", r"\bdefinitions?\b",
    r"\bdisclaimer\b", r"\babout\b", r"\bexplained\b", r"\bwhat (?:the|do|is|are)\b", r"\bfaq\b", r"\blegende\b",
    r"\bmethodik\b", r"\bhaftung\w*\b", r"\berlauterung\w*\b", r"\bnotenskala\b",
    r"\bbewertungs(?:skala|schema|system)\b", r"\bavertissement\b", r"\bmetodolog\w*\b", r"\bleyenda\b",
    r"\baviso\b", r"\bescala\b", r"\bechelle\b", r"凡例", r"方法", r"免責", r"基準", r"説明", r"图例",
    r"\bmentions legales\b", r"\bexcluded\b", r"\brejected\b", r"\b(?:did|does|do) not (?:qualify|make|meet)\b",
    r"\bnot qualif\w*\b", r"\bnon-?qualif\w*\b", r"\bdisqualif\w*\b", r"\bfiltered out\b", r"\bscreened out\b",
    r"^watch$", r"\bavoid\b", r"^examples?\b", r"\bremoved\b", r"\bfailed\b", r"\bineligible\b", r"\bdropped\b",
    r"\bnear miss\w*\b",
    r"\bhonou?rable mentions?\b", r"\bungraded\b", r"\bunscored\b", r"\bausgeschlossen\w*\b", r"\baussortiert\w*\b",
    r"\bnicht qualifiziert\w*\b", r"\bexclu\w*\b", r"\becarte\w*\b", r"\brejet\w*\b", r"\bdescartad\w*\b",
    r"\brechazad\w*\b", r"除外", r"対象外", r"淘汰", r"\bskipped\b", r"\bpassed over\b",
)  # fmt: skip
_MARKET = words_pattern(
    r"\bmarket (?:overview|summary|snapshot|status|context|recap|environment|pulse|indices|conditions|"
    r"backdrop|wrap|data|watch|breadth|movers)\b",
    r"\bthe market\b", r"\bmarkets?$", r"\bindices\b", r"\bindex(?:es)?\b", r"\betfs?\b", r"\bbenchmarks?\b",
    r"\bfutures\b", r"\bmacro\b", r"\bmarktuber\w*\b", r"\bmarktumfeld\b", r"\bmarktlage\b", r"\bapercu du marche\b",
    r"\bmarche\b", r"\bmercados?\b", r"\bindizes\b", r"\bindices?\b", r"市場", r"市況", r"相場", r"指数", r"大盘",
    r"\bother movers\b", r"\bnotable movers\b", r"\bpeers?\b", r"\bcompetitors\b", r"\bcomparables?\b",
    r"\brelated\b", r"\bheadlines\b", r"\binsider\b",
    r"\b(?:current|open|existing|our) (?:positions?|holdings|portfolio)\b", r"\bportfolio\b", r"\bholdings\b",
    r"\bbestehende\b", r"\bsector (?:performance|leaders|overview|heat ?map|rotation|distribution)\b", r"保有",
)  # fmt: skip
_STRONGLY_EXCLUDED = words_pattern(
    r"\bupcoming\b", r"\bcalendar\b", r"\bwatch ?-?list\b", r"\bpast\b", r"\bprevious\b", r"\blast week\w*\b",
    r"\bmethod\w*\b", r"\blegend\b", r"\bgrad(?:e|ing) (?:system|scale|legend|definitions?)\b", r"\bexcluded\b",
    r"\brejected\b", r"\btrack record\b", r"\blegende\b", r"\bkalender\b", r"\bkommende\w*\b", r"凡例", r"過去",
    r"予定", r"\bleyenda\b", r"\bmethodik\b", r"\bexplained\b", r"\bclosed\b",
)  # fmt: skip
_SECONDARY = words_pattern(
    r"\btop\b", r"\bpicks?\b", r"\bbest\b", r"\bhighlights?\b", r"\bfavou?rites?\b", r"\bsummary\b",
    r"\bat a glance\b", r"\branking\b", r"\bleader ?board\b", r"\boverview\b", r"\bhigh(?:est)? conviction\b",
    r"\bspotlight\b", r"\bfeatured\b", r"\bzusammenfassung\b", r"\bubersicht\b", r"\brangliste\b", r"\bresume\b",
    r"\bsynthese\b", r"\bresumen\b", r"\bdestacad\w*\b", r"\bmejores\b", r"\bmeilleur\w*\b", r"注目", r"一覧",
    r"まとめ", r"\bquick (?:look|reference)\b", r"\bcomparison\b", r"\btake ?aways?\b", r"\baction (?:items|list)\b",
)  # fmt: skip
_PLAN = words_pattern(
    r"\btargets?\b", r"\banalyst\w*\b", r"\bstrateg\w*\b", r"\bplan\b", r"\bentry\b", r"\bentries\b", r"\bexits?\b",
    r"\bstops?\b", r"\blevels?\b", r"\brisk\w*\b", r"\bposition siz\w*\b", r"\bexecution\b",
    r"\btrade (?:setup|idea|plan|recommend\w*)\b", r"\brecommend\w*\b", r"\bkursziel\w*\b", r"\bhandels\w*\b",
    r"\bobjectifs?\b", r"\bobjetivos?\b", r"目標", r"戦略", r"\bempfehlung\w*\b", r"\brecomend\w*\b",
)  # fmt: skip
_ELEMENT_WORDS = words_pattern(
    r"\bbreakdown\b", r"\bcomponents?\b", r"\belements?\b", r"\bfactors?\b", r"\bdetails?\b", r"\baufschlusselung\b",
    r"\bbestandteile\b", r"\bfaktoren\b", r"\bdecomposition\b", r"\bdetail du\b", r"\bcomposantes?\b",
    r"\bfacteurs?\b", r"\bdesglose\b", r"\bcomponentes\b", r"\bfactores\b", r"内訳", r"要素", r"\bsub-?scores?\b",
    r"\bteilpunkte\b", r"\bteilwertung\w*\b", r"\bscorecard\b",
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
    """Tell whether a sentence says that nothing qualified today."""
    return bool(_NO_STOCKS.search(fold(text)))
