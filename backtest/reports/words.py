"""What the words of a report mean: labels of fields and headings of sections, in several languages.

A label says what the number beside it is; most labels say that it is *not* ours (targets, moving
averages, element scores). A heading says whether the stocks below it are today's. Nothing here knows a
template; a language is added by adding words.
"""

from __future__ import annotations

import re
import unicodedata
from enum import Flag, auto
from functools import lru_cache


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
    RANK = auto()
    OTHER = auto()


class Section(Flag):
    """What a heading says about the stocks below it."""

    NONE = 0
    EXCLUDED = auto()  # coming reports, watch lists, past results, methodology, market
    SECONDARY = auto()  # top picks, rankings, plans: the same stocks once more
    ELEMENTS = auto()  # the parts of a score
    PLAN = auto()  # targets, stops, entry zones: prices that are not the price


@lru_cache(maxsize=8192)
def fold(text: str) -> str:
    """Return text for comparison: lower case, without accents, plain spaces."""
    if not text.isascii():
        decomposed = unicodedata.normalize("NFD", text)
        text = unicodedata.normalize(
            "NFC", "".join(c for c in decomposed if unicodedata.category(c) != "Mn" or c in "゙゚")
        )
        text = text.replace("ß", "ss")
    return " ".join(text.lower().split())


def _words(*alternatives: str) -> re.Pattern[str]:
    return re.compile("|".join(alternatives))


_GAP = _words(
    r"\bgap(?:s|ped|ping)?\b(?! (?:inc|fill|support|zone|low|high|fade))", r"\bgap-?up\b", r"\bkurslucke\b", r"\blucke\b",
    r"\beroffnungslucke\b", r"\bkurssprung\b", r"\becart\b", r"\bsaut\b", r"\bhueco\b", r"\bbrecha\b", r"\bsalto\b",
    r"\blacuna\b", r"\bkoersgat\b", r"ギャップ", r"窓", r"跳空", r"缺口", r"гэп", r"갭",
)  # fmt: skip
_SCORE = _words(
    r"\bscores?\b", r"\bpoints?\b", r"\bpts?\b", r"\brating\b", r"\bpunkte(?:zahl|stand)?\b", r"\b\w*punktzahl\b", r"\bwertung\b",
    r"\bbewertung\b", r"\bpuntuacion\b", r"\bpuntaje\b", r"\bpuntos\b", r"\bcalificacion\b", r"\bvaloracion\b", r"\bnote\b",
    r"\bnotation\b", r"\bpunteggio\b", r"\bpontuacao\b", r"\bpontos\b", r"\bnota\b", r"スコア", r"得点", r"総合点", r"点数", r"評点",
    r"評価点", r"合計", r"得分", r"评分", r"評分", r"분수", r"점수", r"\bbalance score\b", r"\bcomposite\b", r"\boverall\b", r"\bтотал\b",
    r"\bоценка\b", r"\bбаллы?\b", r"\bgesamt\b", r"^total$", r"^totale$",
)  # fmt: skip
_TOTAL = _words(
    r"\btotal\w*\b", r"\boverall\b", r"\bcomposite\b", r"\bgesamt\w*\b", r"\bfinal\b", r"\bweighted\b", r"\bglobale?\b", r"総合", r"合計",
    r"\bcompuesta\b", r"\bbacktest score\b", r"总分", r"總分", r"\bcomplessivo\b", r"\bitog\w*\b",
)  # fmt: skip
_PRICE = _words(
    r"\bprices?\b", r"\blast\b", r"\bquote\b", r"\b\w*kurs\b", r"\bpreis\b", r"\bprix\b", r"\bcours\b", r"\bprecio\b", r"\bcotizacion\b",
    r"\bprezzo\b", r"\bpreco\b", r"\bkoers\b", r"\bprijs\b", r"\bcotacao\b", r"株価", r"現在値", r"価格", r"値段", r"现价", r"股价", r"價格", r"股價",
    r"가격", r"주가", r"\bцена\b", r"\btrading at\b", r"\btrades at\b", r"\bpx\b", r"\bspot\b", r"\bnow at\b",
)  # fmt: skip
_CURRENT = _words(
    r"\bcurrent\b", r"\bnow\b", r"\blive\b", r"\blatest\b", r"\baktuell\w*\b", r"\bactuel\w*\b", r"\bactual\b", r"現在", r"现价", r"\battuale\b",
    r"\batual\b", r"^(?:stock |share )?price\b", r"^kurs$", r"^preis$", r"^prix$", r"^cours$", r"^precio$", r"^株価$", r"\bhuidige\b",
)  # fmt: skip
_GRADE = _words(
    r"\bgrades?\b", r"\bgraded\b", r"\brating\b", r"\bletter\b", r"\btier\b", r"\bnote\b", r"\bstufe\b", r"\bklasse\b", r"\beinstufung\b",
    r"\bbewertung\b", r"\bgute(?:klasse)?\b", r"\bcalificacion\b", r"\bgrado\b", r"\bclase\b", r"\bclasse\b", r"\bcategorie\b",
    r"\bcategoria\b", r"\bnivel\b", r"\bniveau\b", r"\bmention\b", r"\bnotation\b", r"\bvoto\b", r"\bclass\b", r"\brang\b", r"\brango\b",
    r"評価", r"ランク", r"グレード", r"等級", r"格付", r"级别", r"評級", r"评级", r"등급", r"\bкласс\b", r"\bрейтинг\b", r"\bcijfer\b",
)  # fmt: skip
_TICKER = _words(
    r"\btickers?\b", r"\bsymbols?\b", r"\bstocks?$", r"^stocks?\b", r"\bkurzel\b", r"\bsymbole\b", r"\bsimbolo\b", r"\bborsenkurzel\b",
    r"\baktien?\b", r"\baction\b", r"\baccion\b", r"\bvaleur\b", r"\bvalor\b", r"\btitre\b", r"\btitolo\b", r"\bwert\b", r"\bpapier\b",
    r"銘柄コード", r"^コード$", r"ティッカー", r"シンボル", r"^銘柄$", r"证券代码", r"代码", r"代號", r"\bтикер\b", r"종목", r"\bsecurity\b",
    r"^code$", r"\bmnemo\w*\b", r"\bname ?/ ?ticker\b", r"\bclave\b", r"\bsigle\b", r"\bfonds\b",
)  # fmt: skip
_COMPANY = _words(
    r"\bcompany\b", r"\bcompany name\b", r"^name$", r"\bissuer\b", r"\bunternehmen\b", r"\bfirma\b", r"\bgesellschaft\b", r"\bsociete\b",
    r"\bentreprise\b", r"^nom$", r"\bempresa\b", r"\bcompania\b", r"^nombre$", r"\bazienda\b", r"\bsocieta\b", r"\bbedrijf\b", r"^nome$",
    r"会社", r"企業", r"社名", r"銘柄名", r"公司", r"名称", r"회사", r"\bкомпания\b", r"\bnaam\b", r"\bsociedad\b", r"\bcorporation\b",
    r"\bbusiness name\b", r"\bsecurity name\b",
)  # fmt: skip
_RANK = _words(r"^#$", r"\brank\b", r"^no\.?$", r"^nr\.?$", r"^n[°º]$", r"^pos(?:ition)?\.?$", r"\bplatz\b", r"順位", r"^rango$", r"^rang$", r"^puesto$")  # fmt: skip

_NOT_OURS = _words(
    # other prices
    r"\bprev\w*\b", r"\bprior\b", r"\bpre-?close\b", r"\byesterday\w*\b", r"\bvortag\w*\b", r"\bveille\b", r"\banterior\b", r"\bprecedent\w*\b",
    r"前日", r"終値", r"昨收", r"\bvorheriger\b", r"\bclose\b", r"\bclosing\b", r"\bclot\w*\b", r"\bcierre\b", r"\bschlusskurs\b", r"\bchiusura\b",
    r"\btargets?\b", r"\bkursziel\w*\b", r"\bziel\w*\b", r"\bobjectif\w*\b", r"\bobjetivo\w*\b", r"目標", r"\bobiettivo\b", r"\bupside\b", r"\bdownside\b",
    r"\bfair value\b", r"\bentry\b", r"\beinstieg\w*\b", r"\bentree\b", r"\bentrada\b", r"\bexit\b", r"\bstop\w*\b", r"\bstopp\w*\b", r"損切", r"逆指値",
    r"\bsupports?\b", r"\bresist\w*\b", r"\brange\b", r"\b52\b", r"\bhigh\b", r"\blow\b", r"\bhoch\b", r"\btief\b", r"\bmax\w*\b", r"\bmin\b",
    r"\bminimum\b", r"\bbreakout\b", r"\bpivot\b", r"\bbuy (?:zone|point|below|above)\b", r"\bconsensus\b", r"\bestimates?\b", r"\bfrom\b",
    r"\bopen(?:ing)?\b", r"\beroffnung\w*\b", r"\bouverture\b", r"\bapertura\b", r"始値", r"高値", r"安値", r"\bvwap\b", r"\batr\b", r"\bp/?e\b",
    r"\bbook\b", r"\bbid\b", r"\bask\b", r"\bvs\.?\b", r"\bversus\b", r"\bdistance\b", r"\babove\b", r"\bbelow\b", r"\bposition\b", r"\bratio\b",
    r"\bafter-?hours?\b", r"\bipo\b", r"\bintrinsic\b", r"\bconversion\b", r"\bstrike\b", r"\bchg\b", r"\bdividend\w*\b", r"\byield\b",
    # changes that are no gap
    r"\bchanges?\b", r"\bperf\w*\b", r"\breturns?\b", r"\bmomentum\b", r"\btrend\w*\b", r"\b\d+\s?-?(?:d|w|m|y|day|week|month|year)s?\b",
    r"\bytd\b", r"\bweek\w*\b", r"\bmonth\w*\b", r"\bdaily\b", r"\bveranderung\b", r"\bvariation\b", r"\bvariacion\b", r"\bcambio\b", r"変化",
    r"前週", r"騰落", r"\btendenz\b", r"\btendance\b", r"\btendencia\b", r"トレンド", r"勢い", r"\bjahr\b", r"\bwoche\b", r"涨跌",
    # elements and facts
    r"\bvol\w*\b", r"\brel ?vol\b", r"\b[se]?ma ?-?\d*\b", r"移動平均", r"\brsi\b", r"\bmacd\b", r"\beps\b", r"\bearnings\b", r"\brevenue\w*\b",
    r"\brev\b", r"\bsales\b", r"\bsurprise\w*\b", r"\bbeat\w*\b", r"\bmiss\b", r"\bgrowth\b", r"\bguidance\b", r"\bcap\b", r"\bmarket\b",
    r"\bmkt\b", r"\bmarkt\w*\b", r"時価総額", r"\bbeta\b", r"\bfloat\b", r"\bshares\b", r"\bshort\b", r"\bweight\w*\b", r"\bgewicht\w*\b", r"\bpoids\b",
    r"\bpeso\b", r"比重", r"\bwt\b", r"\bsuccess\b", r"\bprobab\w*\b", r"\bodds\b", r"\bwin\b", r"\bhit\b", r"\brate\b", r"\bconfidence\b",
    r"\bconviction\b", r"\brisk\b", r"\breward\b", r"\bwahrscheinlich\w*\b", r"\bprobabili\w*\b", r"\berfolg\w*\b", r"\bexito\b", r"\bsucces\b", r"成功", r"確率",
    r"\bsector\b", r"\bindustry\b", r"\bbranche\b", r"\bsektor\b", r"\bsecteur\b", r"\bindustria\b", r"業種", r"セクター", r"行业", r"\bsize\b(?! \()",
    r"\bsize ?\(\$\)", r"\bavg\b", r"\baverage\b", r"\bdurchschnitt\w*\b", r"\bmoyen\w*\b", r"\bpromedio\b", r"平均", r"\bmedian\b", r"\bvolat\w*\b",
    r"\bumsatz\w*\b", r"\bgewinn\w*\b", r"\bergebnis\w*\b", r"\bchiffre\b", r"\bbenefi\w*\b", r"\bbpa\b", r"\bbeneficio\b", r"\bingresos\b", r"\bventas\b",
    r"出来高", r"売上", r"利益", r"\buberrasch\w*\b", r"\bsorpresa\b", r"サプライズ", r"\bdate\b", r"\bdatum\b", r"\bfecha\b", r"\btime\b", r"日付",
    r"\bpiotroski\b", r"\bzacks\b", r"\banalyst\w*\b", r"\bsentiment\b", r"\bquality\b", r"\bvalue score\b", r"\btechnical\w*\b", r"\bfundamental\w*\b",
    r"\brelative\b", r"\bstrength\b", r"\brs\b", r"\bliquidity\b", r"\bquant\b", r"\besg\b", r"\bpre[- ]?earn\w*\b", r"\bpre[- ]?trend\b", r"\bfactor\b",
    r"\bstocks? (?:analy|screen|found|listed|scored)\w*\b", r"\bcandidates?\b", r"\bcount\b", r"\banzahl\b", r"\bnombre de\b", r"\bnumero de\b",
    r"\bhistori\w*\b", r"\bbenchmark\b", r"\bthreshold\b", r"\bcutoff\b", r"\bminimo\b", r"\btop\b", r"\bbest\b", r"\bpeers?\b",
)  # fmt: skip
_GAP_ALLOWS = _words(
    r"\bsize\b", r"\bchange\b", r"\bopen(?:ing)?\b", r"\bpre-?market\b", r"\beroffnung\w*\b", r"\bouverture\b", r"\bapertura\b", r"\bearnings\b",
    r"\bpost\b", r"\bperformance\b", r"\bmarkt\w*\b", r"\bweight\b", r"\d+", r"\bday\b", r"\btoday\w*\b", r"\bovernight\b", r"\bup\b", r"\bdown\b",
    r"\bvs\.? prev\w*(?: close)?\b", r"\bfrom prev\w*(?: close)?\b", r"\bmarket\b",
)  # fmt: skip
_PRICE_ALLOWS = _words(
    r"\bmarket\b", r"\bmarkt\w*\b", r"\bpre-?market\b", r"\bshares?\b", r"\bdate\b", r"\btime\b", r"\btoday\b", r"\bearnings\b", r"\bborsen\w*\b",
    r"\bat report\b", r"\bat open\b",
)  # fmt: skip
_SCORE_ALLOWS = _words(
    r"\bbacktest\w*\b", r"\bweighted\b", r"\bearnings\b", r"\bconviction\b", r"\bquality\b", r"\btrade\b", r"\bmax\w*\b", r"\b100\b", r"\bmomentum\b",
    r"\bratings?\b", r"\bfactor\b", r"\bquant\b", r"\bgewicht\w*\b", r"\bhistori\w*\b", r"\bmarket\b", r"\bstrength\b",
)  # fmt: skip
_ELEMENT_WORDS = _words(
    r"\bbreakdown\b", r"\bcomponents?\b", r"\belements?\b", r"\bfactors?\b", r"\bdetails?\b", r"\baufschlusselung\b", r"\bbestandteile\b", r"\bfaktoren\b",
    r"\bdecomposition\b", r"\bdetail du\b", r"\bcomposantes?\b", r"\bfacteurs?\b", r"\bdesglose\b", r"\bcomponentes\b", r"\bfactores\b", r"内訳", r"要素",
    r"\bsub-?scores?\b", r"\bteilpunkte\b", r"\bteilwertung\w*\b", r"\bscorecard\b",
)  # fmt: skip

_LABEL_NOISE = re.compile(r"\([^)]*\)|\[[^\]]*\]|[:：*＊•·|#%$€¥°=>→\-–—]+|^\d+[.)]\s")
_ICONS = re.compile("[\u2600-\u27bf\U0001f000-\U0001faff\ufe0f\u25a0-\u25ff\u2190-\u21ff]+")


@lru_cache(maxsize=8192)
def label_kinds(text: str) -> Kind:
    """Return what a label announces; NONE for words that are no label we know."""
    folded = fold(_ICONS.sub(" ", text))
    bare = " ".join(_LABEL_NOISE.sub(" ", folded).split())
    if not bare:
        return Kind.RANK if folded.strip() == "#" else Kind.NONE
    if len(bare) > 60:
        return Kind.NONE
    if _RANK.search(bare):
        return Kind.RANK
    gap, score = bool(_GAP.search(bare)), bool(_SCORE.search(bare))
    if gap and not score:
        return Kind.OTHER if _NOT_OURS.search(_GAP_ALLOWS.sub(" ", bare)) else Kind.GAP
    if gap:
        return Kind.OTHER
    if _NOT_OURS.search(bare):
        return _despite_other_words(bare, score)
    kinds = Kind.NONE
    if score:
        kinds |= Kind.SCORE | (Kind.TOTAL if _TOTAL.search(bare) else Kind.NONE)
    if _GRADE.search(bare):
        kinds |= Kind.GRADE
    if _PRICE.search(bare) and not score:
        kinds |= Kind.PRICE | (Kind.CURRENT if _CURRENT.search(bare) else Kind.NONE)
    if _COMPANY.search(bare):
        kinds |= Kind.COMPANY
    if _TICKER.search(bare):
        kinds |= Kind.TICKER
    return kinds


def _despite_other_words(bare: str, score: bool) -> Kind:
    if score and not _NOT_OURS.search(_TOTAL.sub(" ", _SCORE_ALLOWS.sub(" ", bare))):
        return Kind.SCORE | (Kind.TOTAL if _TOTAL.search(bare) else Kind.NONE)
    if not score and _PRICE.search(bare) and not _NOT_OURS.search(_PRICE_ALLOWS.sub(" ", bare)):
        return Kind.PRICE | (Kind.CURRENT if _CURRENT.search(bare) else Kind.NONE)
    return Kind.OTHER


_FILLERS = re.compile(
    r"\b(?:stock|share|size|up|down|the|of|current|last|live|latest|market|pre|premarket|total|overall|composite|weighted|backtest|letter|earnings"
    r"|trade|investment|final|quality|change|aktuell\w*|gesamt\w*|actuel\w*|actual|totale?|globale?|general|de|la|le|du|el|d'ouverture|ouverture"
    r"|open(?:ing)?|apertura|eroffnung\w*|name|symbol|code|usd|pct|percent|in|now|today|us|post|points?|score)\b|[()/.,]|'"
)


@lru_cache(maxsize=8192)
def is_plain_label(text: str) -> bool:
    """Tell whether a piece of text is nothing but a label ("Current Price", not "T. Rowe Price Group")."""
    kinds = label_kinds(text)
    if not kinds:
        return False
    folded = fold(_ICONS.sub(" ", text))
    if folded.rstrip().endswith((":", "：")) and len(folded) < 40:
        return True
    bare = " ".join(_LABEL_NOISE.sub(" ", folded).split())
    if Kind.OTHER in kinds:
        return len(bare.split()) <= 6
    for pattern in (_GAP, _SCORE, _PRICE, _GRADE, _TICKER, _COMPANY, _RANK):
        bare = pattern.sub(" ", bare)
    return not _FILLERS.sub(" ", bare).strip(" -&+")


_EXCLUDED = _words(
    # coming
    r"\bupcoming\b", r"\bcoming (?:up|week|days|soon|earnings|reports)\b", r"\bnext (?:week|day|session|month|earnings|up|reports?)\b", r"\bcalendar\b",
    r"\bschedule[ds]?\b", r"\bon deck\b", r"\bwatch ?-?lists?\b", r"\bwatching\b", r"\bto watch\b", r"\bradar\b", r"\btomorrow\b",
    r"\breporting (?:next|this|after|later)\b", r"\byet to report\b", r"\bstill to (?:come|report)\b", r"\blater today\b", r"\bahead\b", r"\bexpected\b",
    r"\banstehend\w*\b", r"\bbevorstehend\w*\b", r"\bkommende\w*\b", r"\bausblick\b", r"\btermine?\b", r"\bkalender\b", r"\bbeobachtungs\w*\b", r"\bmerkliste\b",
    r"\bnachste\w* (?:woche|tage|berichte|zahlen|termine)\b", r"\bmorgen\b", r"\ba venir\b", r"\bprochain\w*\b", r"\bcalendrier\b", r"\bsurveill\w*\b",
    r"\bproxim\w*\b", r"\bcalendario\b", r"\bseguimiento\b", r"\bvigila\w*\b", r"\bagenda\b", r"今後", r"予定", r"カレンダー", r"ウォッチ", r"監視", r"来週", r"明日", r"即将", r"观察",
    r"\bin arrivo\b", r"\bpreview\b",
    # past
    r"\bpast\b", r"\bprevious\b", r"\bprior\b", r"\blast (?:week|month|report|session|quarter)\w*\b", r"\byesterday\w*'?s? (?:picks?|results?|candidates?|trades?|list|winners|movers)\b",
    r"\btrack record\b", r"\b(?:performance|results?) (?:review|tracker|of|summary|update|recap)\b", r"\breview of\b", r"\bclosed (?:trades?|positions?)\b",
    r"\bhow (?:did|they|our)\b", r"\barchive\b", r"\bscorecard\b", r"\bretrospective\b", r"\blookback\b", r"\bhistorical (?:results?|picks?|trades?|performance)\b", r"\bwinners and losers\b",
    r"\bvergangen\w*\b", r"\bfruhere\w*\b", r"\bruckblick\b", r"\bbisherige\w*\b", r"\bvorherige\w*\b", r"\bletzte\w? (?:woche|empfehlungen|signale|kandidaten)\b", r"\bpasse\w*\b",
    r"\bprecedent\w*\b", r"\bhistorique\b", r"\bbilan\b", r"\bpasad[oa]s?\b", r"\banterior\w*\b", r"\bhistorial\b", r"過去", r"実績", r"前回", r"先週", r"前日の", r"历史", r"往期",
    # how it is made
    r"\bmethod\w*\b", r"\bhow (?:we|to|scor\w*|it|this|the)\b", r"\blegend\b", r"\bscoring (?:system|method\w*|guide|criteria|legend|model|rules|reference)\b",
    r"\bgrad(?:e|ing) (?:system|scale|legend|definitions?|classif\w*|key|guide|criteria|bands?|ranges?|thresholds?)\b", r"\brating (?:scale|classif\w*|system|legend|guide|definitions?)\b",
    r"\bglossary\b", r"\bdefinitions?\b", r"\bdisclaimer\b", r"\babout\b", r"\bexplained\b", r"\bwhat (?:the|do|is|are)\b", r"\bfaq\b", r"\blegende\b", r"\bmethodik\b", r"\bhaftung\w*\b",
    r"\berlauterung\w*\b", r"\bnotenskala\b", r"\bbewertungs(?:skala|schema|system)\b", r"\bavertissement\b", r"\bmetodolog\w*\b", r"\bleyenda\b", r"\baviso\b", r"\bescala\b", r"\bechelle\b",
    r"凡例", r"方法", r"免責", r"基準", r"説明", r"图例", r"\bmentions legales\b",
    # the market and others
    r"\bmarket (?:overview|summary|snapshot|status|context|recap|environment|pulse|indices|conditions|backdrop|wrap|data|watch|breadth|movers)\b", r"\bthe market\b", r"\bmarkets?$", r"\bindices\b",
    r"\bindex(?:es)?\b", r"\betfs?\b", r"\bbenchmarks?\b", r"\bfutures\b", r"\bmacro\b", r"\bmarktuber\w*\b", r"\bmarktumfeld\b", r"\bmarktlage\b", r"\bapercu du marche\b",
    r"\bmarche\b", r"\bmercados?\b", r"\bindizes\b", r"\bindices?\b", r"市場", r"市況", r"相場", r"指数", r"大盘", r"\bother movers\b", r"\bnotable movers\b", r"\bpeers?\b", r"\bcompetitors\b",
    r"\bcomparables?\b", r"\brelated\b", r"\bheadlines\b", r"\binsider\b", r"\b(?:current|open|existing|our) (?:positions?|holdings|portfolio)\b", r"\bportfolio\b", r"\bholdings\b",
    r"\bbestehende\b", r"\bsector (?:performance|leaders|overview|heat ?map|rotation|distribution)\b", r"保有",
    # refused by the report itself
    r"\bexcluded\b", r"\brejected\b", r"\b(?:did|does|do) not (?:qualify|make|meet)\b", r"\bnot qualif\w*\b", r"\bnon-?qualif\w*\b", r"\bdisqualif\w*\b", r"\bfiltered out\b", r"\bscreened out\b",
    r"\bremoved\b", r"\bfailed\b", r"\bineligible\b", r"\bdropped\b", r"\bnear miss\w*\b", r"\bhonou?rable mentions?\b", r"\bungraded\b", r"\bunscored\b", r"\bausgeschlossen\w*\b", r"\baussortiert\w*\b",
    r"\bnicht qualifiziert\w*\b", r"\bexclu\w*\b", r"\becarte\w*\b", r"\brejet\w*\b", r"\bdescartad\w*\b", r"\brechazad\w*\b", r"除外", r"対象外", r"淘汰", r"\bskipped\b", r"\bpassed over\b",
)  # fmt: skip
_STRONGLY_EXCLUDED = _words(
    r"\bupcoming\b", r"\bcalendar\b", r"\bwatch ?-?list\b", r"\bpast\b", r"\bprevious\b", r"\blast week\w*\b", r"\bmethod\w*\b", r"\blegend\b", r"\bgrad(?:e|ing) (?:system|scale|legend|definitions?)\b",
    r"\bexcluded\b", r"\brejected\b", r"\btrack record\b", r"\blegende\b", r"\bkalender\b", r"\bkommende\w*\b", r"凡例", r"過去", r"予定", r"\bleyenda\b", r"\bmethodik\b", r"\bexplained\b", r"\bclosed\b",
)  # fmt: skip
_SECONDARY = _words(
    r"\btop\b", r"\bpicks?\b", r"\bbest\b", r"\bhighlights?\b", r"\bfavou?rites?\b", r"\bsummary\b", r"\bat a glance\b", r"\branking\b", r"\bleader ?board\b", r"\boverview\b", r"\bhigh(?:est)? conviction\b",
    r"\bspotlight\b", r"\bfeatured\b", r"\bzusammenfassung\b", r"\bubersicht\b", r"\brangliste\b", r"\bresume\b", r"\bsynthese\b", r"\bresumen\b", r"\bdestacad\w*\b", r"\bmejores\b", r"\bmeilleur\w*\b",
    r"注目", r"一覧", r"まとめ", r"\bquick (?:look|reference)\b", r"\bcomparison\b", r"\btake ?aways?\b", r"\baction (?:items|list)\b",
)  # fmt: skip
_PLAN = _words(
    r"\btargets?\b", r"\banalyst\w*\b", r"\bstrateg\w*\b", r"\bplan\b", r"\bentry\b", r"\bentries\b", r"\bexits?\b", r"\bstops?\b", r"\blevels?\b", r"\brisk\w*\b", r"\bposition siz\w*\b", r"\bexecution\b",
    r"\btrade (?:setup|idea|plan|recommend\w*)\b", r"\brecommend\w*\b", r"\bkursziel\w*\b", r"\bhandels\w*\b", r"\bobjectifs?\b", r"\bobjetivos?\b", r"目標", r"戦略", r"\bempfehlung\w*\b", r"\brecomend\w*\b",
)  # fmt: skip


@lru_cache(maxsize=4096)
def section_of(heading: str) -> Section:
    """Return what a heading says about the stocks below it."""
    folded = fold(_ICONS.sub(" ", heading))
    if not folded or len(folded) > 160:
        return Section.NONE
    section = Section.NONE
    if _EXCLUDED.search(folded) and (not heading_grades(heading) or _STRONGLY_EXCLUDED.search(folded)):
        section |= Section.EXCLUDED
    if _SECONDARY.search(folded):
        section |= Section.SECONDARY
    if _ELEMENT_WORDS.search(folded):
        section |= Section.ELEMENTS
    if _PLAN.search(folded):
        section |= Section.PLAN
    return section


_GRADE_WORD = (
    r"(?:grades?|graded|rated|rating|ranked|tier|class|stufe|klasse|note|noten|einstufung|bewertung|gute|guteklasse|grado|clase|calificacion|categoria|categorie|classe|nivel|niveau|mention|notation"
    r"|rang|ランク|グレード|評価|等級|級|级|评级|評級|등급|класс|рейтинг|letter|cijfer|voto|nota|quality)"
)
GRADE_TEXT = re.compile(
    rf"(?i:(?<![a-z]){_GRADE_WORD})\s*[:：=\-–—]?\s*[\"'(\[「]?(?P<after>[A-F][+-]?)[\"')\]」]?(?![A-Za-z0-9'&.])"
    rf"|(?<![A-Za-z0-9&'.])(?P<before>[A-F][+-]?)[\"')\]]?[ \-–—]?(?i:{_GRADE_WORD})(?![a-z])"
)
_BARE_GRADE = re.compile(r"[\[(「]?([A-F])([+-]?)[\])」]?[\s.:：]*[★☆⭐*✩✪\s]*")


@lru_cache(maxsize=8192)
def heading_grades(text: str) -> tuple[str, ...]:
    """Return the grade letters a heading names, each once ("A-Grade Stocks (85+)" → A)."""
    found = [match.group("after") or match.group("before") for match in GRADE_TEXT.finditer(text)]
    bare = _BARE_GRADE.fullmatch(text.strip())
    if bare:
        found.append(bare.group(1))
    return tuple(dict.fromkeys(letter[0] for letter in found))


@lru_cache(maxsize=8192)
def bare_grade(text: str) -> str | None:
    """Return the letter of a badge that shows nothing else ("B", "B+", "A ★★★★★", "[C]"), A to F."""
    bare = _BARE_GRADE.fullmatch(text)
    return bare.group(1) + bare.group(2) if bare else None


_NO_STOCKS = re.compile(
    r"\bno\b(?![^.]{0,40}\b[a-d]-?grade)[^.:;]{0,60}\b(?:stocks?|candidates?|names?|setups?|opportunit\w+|tickers?|companies|securities|signals?|trades?|picks?|equities)\b"
    r"[^.:;]{0,80}(?:found|qualif\w*|available|today|met|meet|pass\w*|identified|eligible|returned|this morning|screen\w*|criteria)?"
    r"|\b(?:nothing|none|zero|0) (?:stocks?|candidates?|names?)? ?(?:qualified|qualif\w+|passed|met|eligible|found|to trade)\b|\bnothing (?:to trade|qualified|passed)\b"
    r"|\breturned no\b|\bnone of the\b[^.]{0,60}\b(?:qualif\w*|met|passed)\b"
    r"|\bkeine?\b[^.]{0,50}\b(?:aktien?|kandidaten?|titel|werte?|treffer|signale?|unternehmen)\b|\baucune?\b[^.]{0,50}\b(?:action|titre|candidat|valeur|opportunite|entreprise|resultat)s?\b"
    r"|\bning(?:un|una|uno)\b[^.]{0,50}\b(?:accion|candidat\w|valor|empresa|oportunidad)\w*\b|\bno hay\b[^.]{0,50}\b(?:acciones|candidat\w*|valores|empresas)\b|\bno se (?:encontr|han encontrado|identific)\w*"
    r"|\bnessun\w?\b[^.]{0,50}\b(?:azion\w|titol\w|candidat\w)\b|\bnenhum\w?\b[^.]{0,50}\b(?:ac\w+|candidat\w)\b|\bgeen\b[^.]{0,50}\b(?:aandelen|kandidaten)\b"
    r"|該当[^。]{0,12}(?:なし|ありません|無し|ない)|(?:対象|候補|条件)[^。]{0,20}(?:なし|ありません|ない|いません)|没有[^。]{0,12}(?:股票|候选)|無符合"
)


def says_no_stocks(text: str) -> bool:
    """Tell whether a sentence says that nothing qualified today."""
    return bool(_NO_STOCKS.search(fold(text)))


SECTOR_WORDS = re.compile(
    r"^(?:(?:technology|healthcare|health care|financials?|financial services|industrials?|consumer \w+|energy|utilities|real estate|basic materials|materials|communication services?|communications?"
    r"|telecom\w*|semiconductors?|software|biotech\w*|banks?|banking|insurance|retail|airlines?|aerospace|pharma\w*|it services|information technology|staples|discretionary|cyclical|defensive|media"
    r"|technologie|gesundheit\w*|finanz\w*|industrie|energie|konsum\w*|versorger|sante|finance|services financiers|tecnologia|salud|finanzas|industria|energia|テクノロジー|ヘルスケア|金融|エネルギー|資本財|一般消費財|生活必需品)(?: \w+)?\s*(?:[-–—|·•/&,(].*)?$)",
    re.IGNORECASE,
)
