"""The words by which reports label their fields, in several languages, as patterns over folded text.

A language is added by adding words. What a label means in the end is decided in `words.py`.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

ICONS = re.compile("[\u2600-\u27bf\U0001f000-\U0001faff\ufe0f\u25a0-\u25ff\u2190-\u21ff]+")


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


def words_pattern(*alternatives: str) -> re.Pattern[str]:
    """Return one pattern of many alternatives; those at a word boundary are tried only there, by first letter."""
    bounded = [words.removeprefix(r"\b") for words in alternatives if words.startswith(r"\b")]
    others = [words for words in alternatives if not words.startswith(r"\b")]
    return re.compile("|".join([rf"\b(?:{'|'.join(bounded)})", *others] if bounded else others))


GAP = words_pattern(
    r"\bgap(?:s|ped|ping)?\b(?! (?:inc|fill|support|zone|low|high|fade))", r"\bgap-?up\b", r"\bkurslucke\b",
    r"\blucke\b", r"\beroffnungslucke\b", r"\bkurssprung\b", r"\becart\b", r"\bsaut\b", r"\bhueco\b", r"\bbrecha\b",
    r"\bsalto\b", r"\blacuna\b", r"\bkoersgat\b", r"ギャップ", r"窓", r"跳空", r"缺口", r"гэп", r"갭",
)  # fmt: skip
SCORE = words_pattern(
    r"\bscores?\b", r"^sc\.?$", r"\bpoints?\b", r"\bpts?\b", r"\brating\b", r"\bpunkte(?:zahl|stand)?\b",
    r"\b\w*punktzahl\b",
    r"\bwertung\b", r"\bbewertung\b", r"\bpuntuacion\b", r"\bpuntaje\b", r"\bpuntos\b", r"\bcalificacion\b",
    r"\bvaloracion\b", r"\bnote\b", r"\bnotation\b", r"\bpunteggio\b", r"\bpontuacao\b", r"\bpontos\b", r"\bnota\b",
    r"スコア", r"得点", r"総合点", r"点数", r"評点", r"評価点", r"合計", r"得分", r"总分", r"總分", r"评分", r"評分",
    r"분수", r"점수",
    r"\bbalance score\b", r"\bcomposite\b", r"\boverall\b", r"\bтотал\b", r"\bоценка\b", r"\bбаллы?\b",
    r"\bgesamt\b", r"^total$", r"^totale$", r"^(?:out of|of|von|sur|de|su|/) ?100$",
)  # fmt: skip
TOTAL = words_pattern(
    r"\btotal\w*\b", r"\boverall\b", r"\bcomposite\b", r"\bgesamt\w*\b", r"\bfinal\b", r"\bweighted\b",
    r"\bglobale?\b", r"総合", r"合計", r"\bcompuesta\b", r"\bbacktest score\b", r"总分", r"總分", r"\bcomplessivo\b",
    r"\bitog\w*\b",
)  # fmt: skip
PRICE = words_pattern(
    r"\bprices?\b", r"\blast\b", r"\bquote\b", r"\b\w*kurs\b", r"\bpreis\b", r"\bprix\b", r"\bcours\b",
    r"\bprecio\b", r"\bcotizacion\b", r"\bprezzo\b", r"\bpreco\b", r"\bkoers\b", r"\bprijs\b", r"\bcotacao\b",
    r"株価", r"現在値", r"価格", r"値段", r"现价", r"股价", r"價格", r"股價", r"가격", r"주가", r"\bцена\b",
    r"\btrading at\b", r"\btrades at\b", r"\bpx\b", r"\bspot\b", r"\bnow at\b", r"^usd$", r"^pre[- ]?market$",
    r"\bindicated\b",
)  # fmt: skip
CURRENT = words_pattern(
    r"\bcurrent\b", r"\bnow\b", r"\blive\b", r"\blatest\b", r"\baktuell\w*\b", r"\bactuel\w*\b", r"\bactual\b",
    r"現在", r"现价", r"\battuale\b", r"\batual\b", r"^(?:stock |share )?price\b", r"^kurs$", r"^preis$", r"^prix$",
    r"^cours$", r"^precio$", r"^株価$", r"\bhuidige\b",
)  # fmt: skip
GRADE = words_pattern(
    r"\bgrades?\b", r"\bgraded\b", r"\brating\b", r"\bletter\b", r"^gr\.?$", r"\btier\b", r"\bnote\b", r"\bstufe\b",
    r"\bklasse\b", r"\beinstufung\b", r"\bbewertung\b", r"\bgute(?:klasse)?\b", r"\bcalificacion\b", r"\bgrado\b",
    r"\bclase\b", r"\bclasse\b", r"\bcategorie\b", r"\bcategoria\b", r"\bnivel\b", r"\bniveau\b", r"\bmention\b",
    r"\bnotation\b", r"\bvoto\b", r"\bclass\b", r"\brang\b", r"\brango\b", r"評価", r"ランク", r"グレード", r"等級",
    r"格付", r"级别", r"評級", r"评级", r"등급", r"\bкласс\b", r"\bрейтинг\b", r"\bcijfer\b",
)  # fmt: skip
TICKER = words_pattern(
    r"\btickers?\b", r"\bsymbols?\b", r"^sym\.?$", r"\bstocks?$", r"^stocks?\b", r"\bkurzel\b",
    r"\bsymbole\b", r"\bsimbolo\b",
    r"\bsymbool\b",
    r"\bborsenkurzel\b", r"\baktien?\b", r"\baction\b", r"\baccion\b", r"\bvaleur\b", r"\bvalor\b", r"\btitre\b",
    r"\btitolo\b", r"\bwert\b", r"\bpapier\b", r"銘柄コード", r"^コード$", r"ティッカー", r"シンボル", r"^銘柄$",
    r"证券代码", r"代码", r"代號", r"\bтикер\b", r"종목", r"\bsecurity\b", r"^code$", r"\bmnemo\w*\b",
    r"\bname ?/ ?ticker\b", r"\bclave\b", r"\bsigle\b", r"\bfonds\b",
)  # fmt: skip
COMPANY = words_pattern(
    r"\bcompany\b", r"^co\.?$", r"^name$", r"\bissuer\b", r"\bunternehmen\b", r"\bfirma\b",
    r"\bgesellschaft\b", r"\bsociete\b", r"\bentreprise\b", r"^nom$", r"\bempresa\b", r"\bcompania\b", r"^nombre$",
    r"\bazienda\b", r"\bsocieta\b", r"\bbedrijf\b", r"^nome$", r"会社", r"企業", r"社名", r"銘柄名", r"公司",
    r"名称", r"회사", r"\bкомпания\b", r"\bnaam\b", r"\bsociedad\b", r"\bcorporation\b", r"\bbusiness name\b",
    r"\bsecurity name\b",
)  # fmt: skip
RANK = words_pattern(
    r"^#$", r"\brank\b", r"^no\.?$", r"^nr\.?$", r"^n[°º]$", r"^pos(?:ition)?\.?$", r"\bplatz\b", r"順位",
    r"^rango$", r"^rang$", r"^puesto$",
)  # fmt: skip
# Numbers that are none of ours: other prices, changes that are no gap, elements of the score, facts.
NOT_OURS = words_pattern(
    r"\bprev\w*\b", r"\bprior\b", r"\bbefore$", r"\bpre-?close\b", r"\byesterday\w*\b", r"\bvortag\w*\b", r"\bveille\b",
    r"\banterior\b", r"\bprecedent\w*\b", r"前日", r"終値", r"昨收", r"\bvorheriger\b", r"\bclose\b", r"\bclosing\b",
    r"\bclot\w*\b", r"\bcierre\b", r"\bschlusskurs\b", r"\bchiusura\b", r"\btargets?\b", r"\bkursziel\w*\b",
    r"\bziel\w*\b", r"\bobjectif\w*\b", r"\bobjetivo\w*\b", r"目標", r"\bobiettivo\b", r"\bupside\b",
    r"\bdownside\b", r"\bfair value\b", r"\bentry\b", r"\beinstieg\w*\b", r"\bentree\b", r"\bentrada\b", r"\bexit\b",
    r"\bstop\w*\b", r"\bstopp\w*\b", r"損切", r"逆指値", r"\bsupports?\b", r"\bresist\w*\b", r"\brange\b", r"\b52\b",
    r"\bhigh\b", r"\blow\b", r"\bhoch\b", r"\btief\b", r"\bmax\w*\b", r"\bmin\b", r"\bminimum\b", r"\bbreakout\b",
    r"\bpivot\b", r"\bbuy (?:zone|point|below|above)\b", r"\bconsensus\b", r"\bestimates?\b", r"\bfrom\b",
    r"\bopen(?:ing)?\b", r"\beroffnung\w*\b", r"\bouverture\b", r"\bapertura\b", r"始値", r"高値", r"安値",
    r"\bvwap\b", r"\batr\b", r"\bp/?e\b", r"\bbook\b", r"\bbid\b", r"\bask\b", r"\bvs\.?\b", r"\bversus\b",
    r"\bdistance\b", r"\babove\b", r"\bbelow\b", r"\bposition\b", r"\bratio\b", r"\bafter-?hours?\b", r"\bipo\b",
    r"\bintrinsic\b", r"\bconversion\b", r"\bstrike\b", r"\bchg\b", r"\bdividend\w*\b", r"\byield\b",
    r"\bchanges?\b", r"\bperf\w*\b", r"\breturns?\b", r"\bmomentum\b", r"\btrend\w*\b",
    r"\b\d+\s?-?(?:d|w|m|y|day|week|month|year)s?\b", r"\bytd\b", r"\bweek\w*\b", r"\bmonth\w*\b", r"\bdaily\b",
    r"\bveranderung\b", r"\bvariation\b", r"\bvariacion\b", r"\bcambio\b", r"変化", r"前週", r"騰落", r"\btendenz\b",
    r"\btendance\b", r"\btendencia\b", r"トレンド", r"勢い", r"\bjahr\b", r"\bwoche\b", r"涨跌", r"\bvol\w*\b",
    r"\brel ?vol\b", r"\b[se]?ma ?-?\d*\b", r"移動平均", r"\brsi\b", r"\bmacd\b", r"\beps\b", r"\bearnings\b",
    r"\brevenue\w*\b", r"\brev\b", r"\bsales\b", r"\bsurprise\w*\b", r"\bbeat\w*\b", r"\bmiss\b", r"\bgrowth\b",
    r"\bguidance\b", r"\bcap\b", r"\bmarket\b", r"\bmkt\b", r"\bmarkt\w*\b", r"時価総額", r"\bbeta\b", r"\bfloat\b",
    r"\bshares\b", r"\bshort\b", r"\bweight\w*\b", r"\bgewicht\w*\b", r"\bpoids\b", r"\bpeso\b", r"比重", r"\bwt\b",
    r"\bsuccess\b", r"\bprobab\w*\b", r"\bodds\b", r"\bwin\b", r"\bhit\b", r"\brate\b", r"\bconfidence\b",
    r"\bconviction\b", r"\brisk\b", r"\breward\b", r"\bwahrscheinlich\w*\b", r"\bprobabili\w*\b", r"\berfolg\w*\b",
    r"\bexito\b", r"\bsucces\b", r"成功", r"確率", r"\bsector\b", r"\bindustry\b", r"\bbranche\b", r"\bsektor\b",
    r"\bsecteur\b", r"\bindustria\b", r"業種", r"セクター", r"行业", r"\bsize\b(?! \()", r"\bsize ?\(\$\)",
    r"\bavg\b", r"\baverage\b", r"\bdurchschnitt\w*\b", r"\bmoyen\w*\b", r"\bpromedio\b", r"平均", r"\bmedian\b",
    r"\bvolat\w*\b", r"\bumsatz\w*\b", r"\bgewinn\w*\b", r"\bergebnis\w*\b", r"\bchiffre\b", r"\bbenefi\w*\b",
    r"\bbpa\b", r"\bbeneficio\b", r"\bingresos\b", r"\bventas\b", r"出来高", r"売上", r"利益", r"\buberrasch\w*\b",
    r"\bsorpresa\b", r"サプライズ", r"\bdate\b", r"\bdatum\b", r"\bfecha\b", r"\btime\b", r"日付", r"\bpiotroski\b",
    r"\bzacks\b", r"\banalyst\w*\b", r"\bsentiment\b", r"\bquality\b", r"\bvalue score\b", r"\btechnical\w*\b",
    r"\bfundamental\w*\b", r"\brelative\b", r"\bstrength\b", r"\brs\b", r"\bliquidity\b", r"\bquant\b", r"\besg\b",
    r"\bpre[- ]?earn\w*\b", r"\bpre[- ]?trend\b", r"\bfactor\b",
    r"\bstocks? (?:analy|screen|found|listed|scored)\w*\b", r"\bcandidates?\b", r"\bcount\b", r"\banzahl\b",
    r"\bnombre de\b", r"\bnumero de\b", r"\bhistori\w*\b", r"\bbenchmark\b", r"\bthreshold\b", r"\bcutoff\b",
    r"\bminimo\b", r"\btop\b", r"\bbest\b", r"\bpeers?\b",
)  # fmt: skip
# Words that such a label may hold all the same.
GAP_ALLOWS = words_pattern(
    r"\bsize\b", r"\bchange\b", r"\bopen(?:ing)?\b", r"\bpre-?market\b", r"\beroffnung\w*\b", r"\bouverture\b",
    r"\bapertura\b", r"\bearnings\b", r"\bpost\b", r"\bperformance\b", r"\bmarkt\w*\b", r"\bweight\b", r"\d+",
    r"\bday\b", r"\btoday\w*\b", r"\bovernight\b", r"\bup\b", r"\bdown\b", r"\bvs\.? prev\w*(?: close)?\b",
    r"\bfrom prev\w*(?: close)?\b", r"\bmarket\b",
)  # fmt: skip
PRICE_ALLOWS = words_pattern(
    r"\bmarket\b", r"\bmarkt\w*\b", r"\bpre-?market\b", r"\bshares?\b", r"\bdate\b", r"\btime\b", r"\btoday\b",
    r"\bearnings\b", r"\bborsen\w*\b", r"\bat report\b", r"\bat open\b",
)  # fmt: skip
SCORE_ALLOWS = words_pattern(
    r"\bbacktest\w*\b", r"\bweighted\b", r"\bearnings\b", r"\bconviction\b", r"\bquality\b", r"\btrade\b",
    r"\bmax\w*\b", r"\b100\b", r"\bmomentum\b", r"\bratings?\b", r"\bfactor\b", r"\bquant\b", r"\bgewicht\w*\b",
    r"\bhistori\w*\b", r"\bmarket\b", r"\bstrength\b",
)  # fmt: skip
