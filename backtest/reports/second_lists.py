"""What the second reader makes of where a stock stands: headings, lines, blocks that say it is not of today's list."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from backtest.reports.second_page import BLOCK, CAPTION, PageText
from backtest.reports.second_places import Place, begins_like

_EXCLUDED = (
    r"examples?|samples?|demo|templates?|placeholder|peers?|archives?|past|(?<!close on the )(?<!since the )previous"
    r"|upcoming|watch ?-?list|legend|sponsor\w*|promo|advert\w*|ads?|excluded|rejected|related"
)
_NOT_TODAYS = re.compile(
    rf"(?i)^(?!.*\bgrade|\W*(?-i:[A-D])[+-]?\s?[–—:|-]).*\b(?:avoid|watch(?:ing)?)\b"
    rf"|\b(?:{_EXCLUDED}|sell|exits?|(?<!in )shorts?(?: candidates| ideas| setups| side| list|$)"
    r"|(?:best|winners|highlights) of|competitors?|comparables?|rivals?|prior|earlier|former|older|ago|since"
    r"|what if|how .* did|(?:best|worst|top) trades|still in|became|revisited|follow-?ups?|reminder"
    r"|last (?:week|month|quarter|(?<!in the last )(?<!in last )session)\w*|of the (?:week|month|quarter|year)"
    r"|so far|yesterday\w*(?!.*\b(?:after|close|bell|evening)\b)|track record|recap|retrospect\w*|lookback"
    r"|historical (?:picks?|results?|trades?|performance)|closed|hall of fame|portfolio|positions|for (?:reference"
    r"|comparison|context)|how (?:to|we|an?|it|this|the)|guide|faq|glossary|to watch|radar"
    r"|(?<!trade )(?<!buy )(?<!ideas )(?<!for )tomorrow|(?:report(?:s|ing)?|due|coming|expected) tonight"
    r"|^\W*tonight\W*$"
    r"|next (?:week|month|session|day)|calendar|coming|preview|later|still to|yet to|awaiting|pending"
    r"|not qualif\w+|did not|(?:do not|don['’]?t|not to|never) (?:buy|trade|enter)"
    r"|near miss\w*|ungraded|unrated|benchmarks?|etfs?|also (?:mentioned|moving)|rückblick"
    r"|beispiel|ausblick|meiden|beobachtung\w*|frühere\w*|letzte\w* (?:woche|liste)|passé\w*|exemple|éviter"
    r"|gestern|gestrig\w*|vortag\w*|veille|d['’]hier|ayer|ieri|gisteren|ausstieg\w*|sortie"
    r"|à venir|pasad\w+|ejemplo|evitar)\b|来週|予定|過去|前回|昨日|前日|除外|例|어제"
)
"""What a heading says over stocks that are not to be bought today."""
_TODAYS = re.compile(
    r"(?i)\b(?:today\w*|summary|overview|this morning"
    r"|new|current|quick list|glance|notes|late addition\w*|buyable"
    r"|candidates?|picks?|choices?|priority|qualif\w+|graded|grades?|ratings?|tier|class"
    r"|stocks?|all|others?|else|rest|more|details?|analys[ie]s|full|long|short|strong|solid|good|moderate|medium|weak"
    r"|high\w*|low\w*|risk|conviction|top|best|opportunit\w+|premium|setups?|buy|technology|tech|software"
    r"|financials?|banks?|health ?care|energy|industrials?|consumer|materials|utilities|real estate"
    r"|communications?|retail|caps?|points?|score|earnings|gap\w*|reported"
    r"|(?:before|after|pre|post)[- ]?(?:the )?(?:open\w*|close|bell|market|hours)|bmo|amc"
    r"|heute|vandaag|oggi|hoy|du jour|aktien|candidat\w*|kandidaten|signal\w*|note|stufe"
    r"|klasse|features?)\b|^\W*[A-D][+-]?\b|\((?:[A-D][+-]?|\d{1,2})\)|評価|本日|候補|銘柄|今日|오늘"
)
"""What the heading of today's list, or of a part of it, may say; a list under any other one is perhaps not today's."""
_IN_NAMES = re.compile(
    rf"(?i)(?<![a-z])(?:yesterday|history|closed|previous|avoid|(?:mon|tues|wednes|thurs|fri)day|{_EXCLUDED})(?![a-z])"
    r"|(?<![\w-])(?:d-none|(?:is-|visually-)?hidden|invisible|sr-only)(?![\w-])(?!.*(?:\w:\w|d-\w+-|tab|pane|accordion))"
)
"""What the class or id of a block says whose stocks are none of today's, or not shown to everyone."""
_ENDED = (
    r"(?:withdrawn|retracted|revoked|rescinded|voided|struck|cancel+ed|removed|deleted|suspended)"
    r"(?! (?:an?|its|the|all|their)\b)|no longer \w+"
)
"""What is said of a stock, or its rating, that was meant before and is not now; no company's own doing ("suspended its
dividend")."""
_SAID = re.compile(
    r"(?i)\b(?:report(?:s|ing) (?:tonight|tomorrow|later|next)|stopped out|exited|examples?|samples?"
    r"|not yet (?:\w*(?:rat|grad|scor|report|confirm|review|approv)ed|final|available)"
    r"|placeholder|fictional|made-up|how an? \w+ is|how to read|sponsored|advertisement|preview|upcoming"
    r"|from our (?:archive|list of))\b"
    rf"|[\n\t:] ?(?:(?:rating|grade|score|call|pick|entry) (?:\w+ ){{0,3}}?)?(?:{_ENDED}|closed|exited|no trade"
    r"|do not (?:buy|trade))(?: (?:on )?(?:\d{1,2}\.? [a-z]{3,}|[a-z]{3,} \d{1,2}))?[ .!]*[\n\t]"
)
"""What a stock's own block says, or a whole piece of it, when it is none of today's."""
_NOTHING = re.compile(
    r"(?i)\b(?:0|none) of (?:the )?\w+ (?:stocks |candidates |names |companies )?(?:passed|qualif\w+|graded)\b"
    r"|\bnothing (?:(?:was|is|has been|could be) )?(?:graded|rated|scored|qualifie[ds]|passe[ds]|to (?:buy"
    r"|trade))\b|\b(?:invented|made-up|fictional) (?:numbers|figures|data)\b|\bdry run\b"
    r"|\bno (?:qualifying |eligible |new |tradable )?(?:stocks?|candidates?|names?|companies"
    r"|setups?) (?:today|qualif\w+|pass\w*|(?:was|were) (?:graded|found))\b"
)
"""What a page says whose day has no list; stocks that stand there all the same are shown for another reason."""
_QUOTED = re.compile(
    r"(?im)^[\t\r ]*(?:-* ?(?:original|forwarded|ursprüngliche) (?:message|nachricht)"
    r"|(?:from|von|de) ?:.*[\s\S]{0,80}^[\t\r ]*(?:sent|date|to|gesendet|datum|an|envoyé|à) ?:"
    r"|.{0,120}\b(?:wrote|schrieb\b.*|a écrit|escribió|ha scritto) ?:[\t\r ]*$)"
)
"""How an earlier mail begins below the one of today."""
CORRECTIONS = re.compile(r"(?i)\b(?:corrections?|corrected|errat(?:um|a)|amendments?|berichtigung|korrektur\w*)\b|訂正")
"""What a heading says over stocks whose values it replaces."""
_MISTAKES = (
    rf"{_ENDED}|zurückgezogen|gestrichen|取消|撤回"
    r"|placeholder|dummy|not tradable|not to be (?:bought|traded)|do(?:es)? not (?:belong|qualify|count)"
    r"|do(?:es)? not report (?:until|before)"
    r"|void"
    r"|fail(?:s|ed) (?:the|our)|by mistake|mistakenly|in error|erroneous(?:ly)?|wrongly|disregard"
    r"|should (?:read|not (?:be|have been))|(?:lift|cut|raise|lower|upgrade|downgrade)[sd]? [\w ,.&]{1,40} to [A-D]\b"
    r"|versehentlich|irrtümlich\w*|par erreur|por error"
)
MISTAKES = re.compile(rf"(?im)^[^\w\n]*+(?:{CORRECTIONS.pattern[4:]})|\b(?:{_MISTAKES})\b")
"""What a line says that takes back something of the stocks it names."""
MAX_LINE = 60
"""Characters of a line between two stocks that may head those behind it."""


@dataclass(slots=True)
class Stock:
    """Where a stock is named, and the part of the text that is its own. whole: its values stand there."""

    home: Place
    low: int
    high: int
    whole: bool = False


def not_todays(
    page: PageText,
    stocks: Mapping[str, Stock],
    named: Sequence[int],
    names: Mapping[str, str],
    day: date,
) -> Iterator[tuple[str, str]]:
    """Yield tickers with why they are perhaps not of today's list.

    named: the offsets of all places that name a stock, in order; names: the asset directory; day: the report's.
    """
    starts = sorted(stock.home.start for stock in stocks.values())
    over = {ticker: page.headings_above(stock.home.start) for ticker, stock in stocks.items()}
    whole = {ticker: stock for ticker, stock in stocks.items() if stock.whole}
    lines = _lines_between(page, whole, named, {ticker: found[:1] for ticker, found in over.items()})
    lists = {}
    for ticker, found in over.items():
        low, name = stocks[ticker].low, names.get(ticker, "")
        above = (one for one in found if one.level == CAPTION or one.start < low)
        others = (one for one in above if not begins_like(one.text, name))
        lists[ticker] = lines.get(ticker) or next((o.text for o in others if not _holds(named, o.start, o.end)), "")
    known = {ticker for ticker, text in lists.items() if not text or _TODAYS.search(text) or _is_day(text, day)}
    if not known and len(set(lists.values())) == 2:  # of two lists that nothing tells apart the first is meant
        first = lists[min(stocks, key=lambda one: stocks[one].low)]
        known = {ticker for ticker, text in lists.items() if text == first}
    strange = {
        text for one, text in lists.items() if one not in known and not _NOT_TODAYS.search(text)
    }  # of many each is one of a kind, "Autos"
    mails = (mail.start() for mail in _QUOTED.finditer(page.text))
    quoted = next((start for start in mails if starts and start > starts[0]), len(page.text))
    own = {
        one: word[0].strip() for one, stock in whole.items() if (word := _SAID.search(page.text, stock.low, stock.high))
    }
    nothing = _says_nothing(page)
    for ticker, stock in stocks.items():
        if nothing:
            yield ticker, f'the page says "{nothing}"'
        if stock.home.start > quoted:
            yield ticker, "stands in an earlier mail that the page quotes"
        texts = [one.text for one in over[ticker] if not _holds(starts, one.start, one.end)]
        for text in (lines.get(ticker, ""), *texts):
            if word := _NOT_TODAYS.search(text):
                yield ticker, f'stands under "{text[:60]}" ("{word[0]}")'
                break
        else:
            if known and ticker not in known and len(strange) == 1:
                yield ticker, f'stands in another list than the others, under "{lists[ticker][:60]}"'
        for block in page.around(stock.home.start):  # one that holds every stock tells none apart
            word = _IN_NAMES.search(block.names)
            if (
                word
                and word[0].lower() not in ("today", f"{day:%A}".lower())
                and not (block.start <= starts[0] and starts[-1] < block.end)
            ):
                yield ticker, f'stands in a block that is called "{word[0]}"'
                break
        if ticker in own and len(own) * 2 < len(stocks):
            yield ticker, f'says of itself "{own[ticker]}"'


def _is_day(text: str, day: date) -> bool:
    """Return whether a text is nothing but the report's own day ("26 January 2026", "2026-01-26", "Monday")."""
    own = f"{day:%A %a %B %b %d %m %Y} {day.day} {day.month}".lower().split()
    named = str(day.day) in text or f"{day:%A}" in text
    return named and all(word in own for word in re.findall(r"\w+", text.lower()))


def _says_nothing(page: PageText) -> str | None:
    """Return what the page says when it has no list today, outside of the parts that speak of something else."""
    for match in _NOTHING.finditer(page.text):
        if not any(_NOT_TODAYS.search(one.text) for one in page.headings_above(match.start())):
            return match[0]
    return None


def _lines_between(
    page: PageText, whole: Mapping[str, Stock], named: Sequence[int], above: Mapping[str, object]
) -> dict[str, str]:
    """Return the last line between the blocks of two stocks, for those behind it, down to the next heading.

    Short lines that name no stock; where many stocks have one above, they are remarks.
    """
    pairs = list(pairwise(sorted(whole, key=lambda one: whole[one].low)))
    lines: dict[str, str] = {}
    for ticker, other in pairs:
        low, high = whole[ticker].high, whole[other].low
        rows = [row for row in page.text[low:high].split(BLOCK) if any(map(str.isalpha, row))]
        if len(rows) == 1 and len(rows[0]) <= MAX_LINE and not _holds(named, low, high):
            lines[other] = " ".join(rows[0].split())
    if len(lines) * 3 > len(whole):
        return {}
    for ticker, other in pairs:
        if ticker in lines and above[ticker] == above[other]:
            lines.setdefault(other, lines[ticker])
    return lines


def _holds(starts: Sequence[int], low: int, high: int) -> bool:
    """Return whether a part of the text names a stock."""
    at = bisect_left(starts, low)
    return at < len(starts) and starts[at] < high
