"""The words by which reports label fields and head sections, in several languages, and what a label announces."""

from __future__ import annotations

import re
import unicodedata
from enum import Flag, auto
from functools import lru_cache

ICONS = re.compile("[\u2600-\u27bf\U0001f000-\U0001faff\ufe0f\u25a0-\u25ff\u2190-\u21ff]+")


@lru_cache(maxsize=8192)
def fold(text: str) -> str:
    """Return text for comparison: lower case, without accents, plain spaces."""
    if not text.isascii():
        bare = (c for c in unicodedata.normalize("NFD", text) if unicodedata.category(c) != "Mn" or c in "゙゚")
        text = unicodedata.normalize("NFC", "".join(bare)).replace("ß", "ss")
    return " ".join(text.lower().split())


def words_pattern(*lists: str) -> re.Pattern[str]:
    """Return one pattern of words, written as "word, two words, plural(s|es)?, stem*, ^whole label$" over folded text.

    Words in letters of an alphabet are whole words; those in others may stand anywhere.
    """
    bounded: list[str] = []
    others: list[str] = []
    for word in ", ".join(lists).split(", "):
        pattern = re.sub(r"(?<!\\)\((?!\?)", "(?:", word.replace("*", r"\w*"))
        is_whole = word.endswith(("$", "*", r"\)")) or ord(word[-1]) > 0x2E80
        starts_anywhere = word[0] == "^" or ord(word[0]) > 0x2E80
        (others if starts_anywhere else bounded).append(pattern if is_whole else rf"{pattern}\b")
    return re.compile("|".join([rf"\b(?:{'|'.join(bounded)})", *others]))


GAP = words_pattern(
    r"gap(s|ped|ping)?\b(?! (inc|fill|support|zone|low|high|fade)), gap-?up, kurslucke, lucke, eroffnungslucke",
    "kurssprung, ecart, saut, hueco, brecha, salto, lacuna, koersgat, ギャップ, 窓, 跳空, 缺口, гэп, 갭",
)
SCORE = words_pattern(
    r"scores?, (our|final) mark, ^sc\.?$, points?(?! (to|more|less)), pts, rating, punkte(zahl|stand)?, *punktzahl",
    "wertung, bewertung, puntuacion, puntaje, puntos, calificacion, valoracion, note, notation, punteggio, pontuacao",
    "pontos, nota, スコア, 得点, 総合点, 点数, 評点, 評価点, 合計, 得分, 总分, 總分, 评分, 評分, 분수, 점수",
    "balance score, composite, overall, weighted result, тотал, оценка, баллы?, gesamt*, total( ?/ ?100)?$, ^totale$",
    "^(out of|of|von|sur|de|su|/) ?100$",
)
PRICE = words_pattern(
    "prices?(?! (re)?action), last, latest, quoted?, *kurs, preis, prix, cours, precio, cotizacion, prezzo, preco",
    "koers, prijs, cotacao, 株価, 現在値, 価格, 値段, 现价, 股价, 價格, 股價, 가격, 주가, цена, px, spot",
    r"(shares?|stock|trading|trade[sd]?|now) at, (finished|ended|settled) (\w+ ){0,3}at, ^usd$, ^now$, indicated",
    "^(in (the )?)?pre[- ]?m(ar)?ke?t$, ^shares$",
)
GRADE = words_pattern(
    r"grades?, graded, rating, letter, ^gr\.?$, grd, ltr, tier, note, stufe, klasse, einstufung, bewertung",
    "gute(klasse)?, calificacion, grado, clase, classe, categorie, categoria, nivel, niveau, mention, notation, voto",
    "class, rang, classificacao, valutazione, beoordeling, rango, 評価, ランク, グレード, 等級, 格付, 级别, 評級, 评级",
    "등급, класс, рейтинг, cijfer",
)
TICKER = words_pattern(
    r"tickers?, symbols?, ^sym\.?$, stocks?$, ^stocks?, kurzel, symbole, simbolo, symbool, borsenkurzel, aktien?",
    "action, accion, valeur, valor, titre, titolo, wert, papier, 銘柄コード, ^コード$, ティッカー, シンボル, ^銘柄$",
    "证券代码, 代码, 代號, тикер, 종목, security, ^code$, mnemo*, clave, sigle, fonds",
)
COMPANY = words_pattern(
    r"company, ^co\.?$, ^name$, issuer, unternehmen, firma, gesellschaft, societe, entreprise, ^nom$, empresa",
    "compania, ^nombre$, azienda, societa, bedrijf, ^nome$, 会社, 企業, 社名, 銘柄名, 公司, 名称, 회사, компания, naam",
    "sociedad, ^corporation$, business name, security name",
)
NOT_OURS = words_pattern(
    r"rank, ^no\.?$, ^nr\.?$, ^n[°º]$, ^pos(ition)?\.?$, platz, 順位, ^rango$, ^rang$, ^puesto$, prev*, prior, before$",
    "pre-?close, yesterday*, vortag*, veille, anterior, precedent*, 前日, 終値, 昨收, vorheriger, close, closing",
    "clot*, cierre, schlusskurs, chiusura, targets?(?! corp), kursziel*, ziel*, objectif*, objetivo*, alvo, 目標",
    "obiettivo, upside, downside, fair value, entry, einstieg*, entree, entrada, exit, stop*, 損切, 逆指値, supports?",
    "resist*, range, 52, high, low, hoch, tief, max*, min, breakout, pivot, buy (zone|point|below|above), consensus",
    "estimates?, from, open(ing)?, eroffnung*, ouverture, apertura, 始値, 高値, 安値, vwap, atr, p/?e, book, bid, ask",
    r"vs\.?, versus, against, distance, above, below, position, ratio, after-?hours?, ipo, intrinsic, conversion",
    "strike, chg, dividend*, yield, changes?, perf*, returns?, momentum, trend*",
    r"\d+\s?-?(d|w|m|y|day|week|month|year)s?, ytd",
    "week*, month*, daily, veranderung, variation, variacion, cambio, 変化, 前週, 騰落, tendenz, tendance, tendencia",
    "トレンド, 勢い, jahr, woche, 涨跌, vol*, [se]?ma( ?-?[0-9]+)?, 移動平均, rsi, macd, peg, fcf, ro[ae], eps",
    "earnings, revenue*, rev, sales, surprise*, beat*, miss, growth, guidance, cap, market, mkt, markt*, 時価総額",
    "beta, float, shares, short, weight*, gewicht*, poids, peso, 比重, wt, parts, basis, success, probab*, odds, win",
    "hit, rate, confidence, conviction, risk, reward, wahrscheinlich*, erfolg*, exito, succes, 成功, 確率, sector",
    r"industry, branche, sektor, secteur, industria, 業種, セクター, 行业, size\b(?! \(), size ?\(\$\), avg, average",
    "durchschnitt*, moyen*, promedio, 平均, median, umsatz*, gewinn*, ergebnis*, chiffre, benefi*, bpa, ingresos",
    "ventas, 出来高, 売上, 利益, uberrasch*, sorpresa, サプライズ, date, datum, fecha, time, 日付, piotroski, zacks",
    "analyst*, sentiment, street, brokers?, quality(?! (score|grade|rating)), value score, technical*, fundamental*",
    "relative, strength, rs, liquidity, quant, esg, pre[- ]?earn*, pre[- ]?trend, factor",
    "stocks? (analy|screen|found|listed|scored)*, candidates?, count, anzahl, nombre de, numero de, histori*",
    "benchmark, threshold, cutoff, minimo, top, best(?! buy), peers?",
)
"""Numbers that are none of ours: other prices, changes that are no gap, elements of the score, facts."""
EARLIER = words_pattern(
    "raw, unadjusted, prelim*, provisional, original*, (mon|tues|wednes|thurs|fri)day, last, old, former, earlier, was",
    "letzte*, vorige*, alte*, ancien*, ultim[oa], ultime",
)
"""Words that make a score or a grade an earlier one; a last price is the one of now."""
WEEKDAY = r"(?:mon|tues|wednes|thurs|fri)day"
ANOTHER_DAY = rf"prev\w*|prior|earlier|yesterday\w*|{WEEKDAY}\w*"
"""Words of a number that is another day's, as a pattern over folded text."""
GAP_ALLOWS = words_pattern(
    "size, change, open(ing)?, eroffnung*, ouverture, apertura, earnings, performance, markt*, market, weight",
    r"\d+, vs\.? prev*( close)?, from prev*( close)?",
)
PRICE_ALLOWS = words_pattern("market, mkt, markt*, shares?, date, time, earnings, at open")
SCORE_ALLOWS = words_pattern(r"weighted, earnings, max*, 100, \w+[- ]factor")
"""Words that the label of a gap, of a price, of a score may hold all the same."""
EXCLUDED = words_pattern(
    # coming reports and watch lists
    "upcoming, coming (up|week|days|soon|earnings|reports), calendar, schedule[ds]?",
    "next (week|day|session|month|earnings|up|reports?), watch(ing| ?-?lists?), to watch, ^watch$, ^avoid$, radar",
    "tomorrow, reporting (next|this|after|later), (yet|still) to (come|report), later today, ahead(?! of), expected",
    "preview, anstehend*, kommende*, termine?, kalender, beobachtungs*, nachste* (woche|tage|berichte|zahlen|termine)",
    "a venir, prochain*, calendrier, surveill*, proxim*, calendario, seguimiento, agenda (de|des|der|of), in arrivo",
    "今後, 予定, カレンダー, ウォッチ, 監視, 来週, 明日, 即将, 观察",
    # the past
    "past, previous(?! message), prior, last (week|month|report|session|quarter)*, ^yesterday*",
    "yesterday*'?s? (picks?|results?|candidates?|trades?|list|winners|movers), track record",
    "(performance|results?) (review|tracker|of|summary|update|recap), review of, closed (trades?|positions?)",
    "how (did|they|our), archive, winners and losers, historical (results?|picks?|trades?|performance), vergangen*",
    "ruckblick, bisherige*, vorherige*, passee?s?$, precedent*, historique, pasad[oa]s?, anterior*, historial, 過去",
    "実績, 前回, 先週, 前日の, 历史, 往期",
    # how it is done
    "method*, ^how (we|to|scor*|it|this|the), legend[ae]?, ^examples?, explained",
    "scoring (system|method*|guide|criteria|legend|model|rules|reference), glossary, about",
    "(grad(e|ing)|rating) (system|scale|legend|definitions?|classif*|key|guide|criteria|bands?|ranges?|thresholds?)",
    "definitions?, disclaimer, ^what (the|do|is|are), faq, haftung*, notenskala, bewertungs(skala|schema|system)",
    "avertissement, metodolog*, leyenda, aviso, escala, echelle, 凡例, 方法, 免責, 基準, 説明, 图例",
    # what did not pass
    "exclu*, rejected, (not |non-?|dis)qualif*, (did|does|do) not (qualify|make|meet), (filtered|screened) out",
    "removed, failed, ineligible, dropped, near miss*, honou?rable mentions?, un(graded|scored), skipped, passed over",
    "(do not|don't|not|no) (to )?(trad*|buy*|touch*), stay* away, hands off, expired, no[- ]go, we missed",
    "ausgeschlossen*, aussortiert*, ecarte*, rejet*, descartad*, 除外, 対象外, 淘汰",
)
"""Headings of stocks that are no candidates."""
MARKET = words_pattern(
    "market (overview|summary|snapshot|status|context|recap|environment|pulse|indices)",
    "market (conditions|backdrop|wrap|watch|breadth|movers), the market, markets?$, ind(ic|iz|ex)es, index, etfs?",
    "benchmarks?, futures, macro, markt(uber*|umfeld|lage), marche, mercados?, (other|notable) movers, peers?",
    "competitors, comparables, comparable (companies|stocks|names), related, headlines, insider",
    "(current|open|existing|our) positions?, portfolio, holdings",
    "sector (performance|leaders|overview|heat ?map|rotation|distribution), 市場, 市況, 相場, 指数, 大盘, 保有",
)
"""Headings of index funds, peers, holdings: no candidates either, unless they show grade and score of their own."""

PERHAPS_EXCLUDED = words_pattern(
    "avoid, watch(ing)?, samples?, demo, templates?, placeholder, sponsor*, promo, advert*, ads?, sell, exits?",
    "shorts?(?= (candidates|ideas|setups|side|list)), ^shorts?$, (best|winners|highlights) of, rivals?, former, older",
    "ago, since(?! (the|yesterday|last)), earlier, what if, how [^.]{1,30} did, (best|worst|top) trades, still in",
    "became, revisited, follow-?ups?, reminder, of the (week|month|quarter|year), so far",
    "yesterday*(?![^.]{0,40}(after|close|bell|evening)), recap, retrospect*, lookback, closed, hall of fame, positions",
    "for (the )?(reference|comparison|context|record), how an?, guide, (report(s|ing)?|due|coming|expected) tonight",
    "^tonight$, coming, later, still to, yet to, awaiting, pending, did not, never, also (mentioned|moving)",
    "on the bench, ^not, rating suspended, ruckblick, beispiel, ausblick, meiden, beobachtung*, fruhere*",
    "letzte* (woche|liste), exemple, eviter, gestern, gestrig*, vortag*, veille, d'hier, ayer, ieri, gisteren",
    "ausstieg*, sortie, ejemplo, evitar, 昨日, 前日, 例, 어제, long-?term",
)
"""Headings, and names of blocks, of stocks that are perhaps no candidates of today."""
TODAYS = words_pattern(
    "today*, summary, overview, this morning, new, current, quick list, glance, notes?, late addition*, buyable",
    "picks?, choices?, priority, qualif*, graded, grades?, ratings?, tier, class, stocks?, all, others?, else, rest",
    "more, details?, analys[ie]s, full, long, short, strong, solid, good, moderate, medium, weak, high*, low*, risk",
    "conviction, top, best, opportunit*, premium, setups?, buy, tech(nology)?, software, financials?, banks?",
    "health ?care, energy, industrials?, consumer, materials, utilities, real estate, communications?, retail, caps?",
    "points?, score, earnings, gap*, reported, (before|after|pre|post)[- ]?(the )?(open*|close|bell|market|hours), bmo",
    "amc, last (night|evening), heute, vandaag, oggi, hoy, du jour, aktien, candidat*, kandidaten, signal*, stufe",
    "klasse, features?, 評価, 本日, 候補, 銘柄, 今日, 오늘",
)
"""What the heading of today's list, or of a part of it, may say; a list under any other one is perhaps not today's."""


class Kind(Flag):
    """What a label announces. OTHER: a number that is certainly none of ours."""

    NONE = 0
    TICKER = auto()
    COMPANY = auto()
    GRADE = auto()
    SCORE = auto()
    PRICE = auto()
    GAP = auto()
    OTHER = auto()


_LABEL_NOISE = re.compile(r"\([^)]*\)|\[[^\]]*\]|[:：*＊•·|#%$€¥°=>→\-–—]+|^\d+[.)]\s")
_JOINED = re.compile(r"_+|(?<=[a-z])(?=[A-Z])")
"""Where the words of a name in a program part: "current_price", "currentPrice"."""
_FILLERS = words_pattern(
    "stock, share, size, up, down, the, of, current, last, live, latest, market, pre, premarket, total, overall",
    "composite, weighted, backtest, letter, earnings, trade, investment, final, quality, change, aktuell*, gesamt*",
    "actuel*, actual, totale?, globale?, general, de, la, le, du, el, d'ouverture, ouverture, open(ing)?, apertura",
    "eroffnung*, name, symbol, code, usd, pct, percent, in, now, today, us, post, points?, score",
)
_FIELDS = (
    (Kind.GAP, GAP, GAP_ALLOWS),
    (Kind.SCORE, SCORE, SCORE_ALLOWS),
    (Kind.PRICE, PRICE, PRICE_ALLOWS),
)
_BESIDES = ((Kind.GRADE, GRADE), (Kind.COMPANY, COMPANY), (Kind.TICKER, TICKER))


def _folded_label(text: str) -> str:
    text = ICONS.sub(" ", text)
    return fold(text if " " in text.strip() else _JOINED.sub(" ", text))  # "HubSpot Inc." is no name in a program


@lru_cache(maxsize=8192)
def label_kinds(text: str) -> Kind:
    """Return what a label announces; NONE for words that are no label we know."""
    folded = _folded_label(text)
    bare = " ".join(_LABEL_NOISE.sub(" ", folded).split())
    if len(bare) > 60 or not any(map(str.isalpha, bare)):  # "52%" labels nothing
        return Kind.OTHER if folded == "#" else Kind.NONE
    fields = ((kind, allowed) for kind, words, allowed in _FIELDS if words.search(bare))
    kinds, allowed = next(fields, (Kind.NONE, None))
    if NOT_OURS.search(allowed.sub(" ", bare) if allowed else bare):
        return Kind.OTHER
    if kinds is Kind.GAP:
        return Kind.OTHER if SCORE.search(bare) else kinds
    for kind, words in _BESIDES:
        if words.search(bare):
            kinds |= kind
    return Kind.OTHER if kinds & (Kind.SCORE | Kind.GRADE) and EARLIER.search(bare) else kinds


@lru_cache(maxsize=8192)
def is_plain_label(text: str) -> bool:
    """Return whether a piece of text is nothing but a label ("Current Price", not "T. Rowe Price Group")."""
    kinds = label_kinds(text)
    if not kinds or Kind.OTHER in kinds:
        return bool(kinds)
    bare = " ".join(_LABEL_NOISE.sub(" ", _folded_label(text)).split())
    for pattern in (GAP, SCORE, PRICE, GRADE, TICKER, COMPANY, _FILLERS):
        bare = pattern.sub(" ", bare)
    return not bare.strip(" -&+()/.,'")
