"""What the second reader makes of where a stock stands: headings and blocks that say this is not today's list."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import pairwise

from backtest.reports.second_places import Place, begins_like
from backtest.reports.second_text import LOWEST, PageText

_NOT_TODAYS = re.compile(
    r"(?i)\b(?:peers?|competitors?|comparables?|rivals?|past|previous|prior|earlier|former|older|ago|since|still in"
    r"|became|revisited|follow-?ups?|reminder|last (?:week|month|quarter|session)\w*|of the (?:week|month|quarter|year)"
    r"|so far|yesterday'?s? (?:list|picks?|grades?|trades?|results?)|track record|archives?|recap|retrospect\w*"
    r"|lookback|historical (?:picks?|results?|trades?|performance)|closed|hall of fame|portfolio|positions"
    r"|for (?:reference|comparison|context)|examples?|samples?|demo|templates?|placeholder|legend|how (?:to|we)|guide"
    r"|faq|glossary|watch ?-?(?:list|ing)?|to watch|radar|upcoming|tomorrow|tonight"
    r"|next (?:week|month|session|day)|calendar|coming|preview|later|still to|yet to|awaiting"
    r"|pending|avoid|not qualif\w+|did not|excluded|rejected|near miss\w*"
    r"|ungraded|unrated|sponsor\w*|advert\w*|benchmarks?|etfs?|also (?:mentioned|moving)|rückblick|beispiel|ausblick"
    r"|meiden|beobachtung\w*|frühere\w*|letzte\w* (?:woche|liste)|passé\w*|exemple|éviter|à venir|pasad\w+|ejemplo"
    r"|evitar)\b|来週|予定|過去|前回|除外|例"
)
"""What a heading says over stocks that are not to be bought today."""
_TODAYS = re.compile(
    r"(?i)\b(?:today\w*|this morning|new|current|candidates?|picks?|qualif\w+|graded|grades?|ratings?|tier|class"
    r"|stocks?|all|others?|rest|more|details?|analys[ie]s|full|long|short|strong|solid|good|moderate|medium"
    r"|weak|high\w*|low\w*|risk|conviction|top|best|opportunit\w+|premium|setups?|buy|technology|tech|software"
    r"|financials?|banks?|health ?care|energy|industrials?|consumer|materials|utilities|real estate|communications?"
    r"|retail|caps?|points?|score|earnings|gap\w*|reported|heute|aktien|kandidaten|note|stufe|klasse)\b"
    r"|^[A-D][+-]?\b|評価|本日|候補|銘柄"
)
"""What the heading of today's list, or of a part of it, may say; a list under any other one is perhaps not today's."""
_MARKUP_NOT_TODAYS = re.compile(
    r"(?i)(?<![a-z])(?:examples?|samples?|demo|templates?|placeholder|peers?|archive|past|previous|yesterday|upcoming"
    r"|watch-?list|legend|sponsor(?:ed)?|promo|advert|ads?|avoid|excluded|rejected|related)(?![a-z])"
)


_SAYS_NOT_TODAYS = re.compile(
    r"(?i)\b(?:report(?:s|ing) (?:tonight|tomorrow|later|next)|not yet|stopped out|exited|examples?|samples?"
    r"|placeholder|fictional|made[- ]up|sponsored|advertisement|preview|upcoming|from our (?:archive|list of))\b"
)
"""What a stock's own block says when it is none of today's; where many say it, it means something else."""
_NOTHING = re.compile(
    r"(?i)\b(?:0|none) of (?:the )?\w+ (?:stocks |candidates |names |companies )?(?:passed|qualif\w+|graded)\b"
    r"|\bnothing (?:(?:was|is|has been|could be) )?(?:graded|rated|scored|qualified|qualifies|passed|passes"
    r"|to (?:buy|trade))\b"
    r"|\bno (?:qualifying |eligible |new |tradable )?(?:stocks?|candidates?|names?|companies|setups?)"
    r" (?:today|qualif\w+|pass\w*|(?:was|were) (?:graded|found))\b"
)
"""What a page says whose day has no list; stocks that stand there all the same are shown for another reason."""
WITHDRAWN = re.compile(
    r"(?i)\b(?:withdrawn|retracted|revoked|rescinded|removed|cancel+ed|struck|voided|no longer|no grade"
    r"|zurückgezogen|gestrichen|retiré\w*|retirad\w+)\b(?! (?:its |the |all )?(?:guidance|outlook|forecast))|取消|撤回"
)
"""What a page says of a stock whose rating it takes back."""
MAX_GAP = 120
"""Characters of a line between two stocks that may head those behind it."""


class Surroundings:
    """The headings and blocks around the stocks of a page.

    homes: where each stock is named; blocks: the part of the text that is its own; whole: stocks whose values stand in
    their block; shown: the offsets of all places that name a stock, in order; names: the asset directory.
    """

    def __init__(
        self,
        page: PageText,
        homes: Mapping[str, Place],
        blocks: Mapping[str, tuple[int, int]],
        whole: Collection[str],
        shown: Sequence[int],
        names: Mapping[str, str],
    ) -> None:
        self.page = page
        self.homes = homes
        self.blocks = blocks
        self.whole = whole
        self.shown = shown
        self.names = names
        self.starts = sorted(home.start for home in homes.values())

    def against(self, ticker: str) -> Iterator[str]:
        """Yield every reason why a stock does not stand in today's list."""
        home = self.homes[ticker]
        if self._nothing:
            yield f'the page says "{self._nothing[0]}"'
        for heading in self.page.headings_above(home.start):
            word = _NOT_TODAYS.search(heading.text)
            if word and not _holds(self.starts, heading.start, heading.end):
                yield f'stands under "{heading.text[:60]}" ("{word[0]}")'
                break
        for element in self.page.around(home.start):
            if element.start <= self.starts[0] and self.starts[-1] < element.end:
                break  # what holds every stock tells none apart
            if word := _MARKUP_NOT_TODAYS.search(element.names):
                yield f'stands in a block that is called "{word[0]}"'
                break
        line = self._lines_above.get(ticker, "")
        if word := _NOT_TODAYS.search(line):
            yield f'stands below "{line[:60]}" ("{word[0]}")'
        elif self._known and ticker not in self._known:
            yield f'stands in another list than the others, under "{self._lists[ticker][:60]}"'
        if ticker in self._apart and len(self._apart) * 2 < len(self.homes):
            yield f'says of itself "{self._apart[ticker]}"'

    @cached_property
    def _nothing(self) -> re.Match[str] | None:
        """What the page says when it has no list today, outside of the parts that speak of something else."""
        for match in _NOTHING.finditer(self.page.text):
            if not any(_NOT_TODAYS.search(one.text) for one in self.page.headings_above(match.start())):
                return match
        return None

    @cached_property
    def _lists(self) -> dict[str, str]:
        return {ticker: self._lines_above.get(ticker) or self._list_heading(ticker) for ticker in self.homes}

    @cached_property
    def _apart(self) -> dict[str, str]:
        """What the block of a stock says that is none of today's."""
        blocks = ((ticker, _SAYS_NOT_TODAYS.search(self.page.text, *self.blocks[ticker])) for ticker in self.whole)
        return {ticker: word[0] for ticker, word in blocks if word}

    @cached_property
    def _lines_above(self) -> dict[str, str]:
        """The last line between the blocks of two stocks, for those behind it, down to the next heading.

        Short lines that name no stock; where many stocks have one above, they are remarks.
        """
        order = sorted(self.whole, key=lambda one: self.blocks[one])
        lines: dict[str, str] = {}
        for ticker, other in pairwise(order):
            low, high = self.blocks[ticker][1], self.blocks[other][0]
            text = " ".join(self.page.text[low:high].split())
            if text.strip(" |·•-–—*_=") and len(text) <= MAX_GAP and not _holds(self.shown, low, high):
                lines[other] = text
        if len(lines) * 3 > len(order):
            return {}
        found: dict[str, str] = {}
        line, above = "", None
        for ticker in order:
            headings = (one for one in self.page.headings_above(self.homes[ticker].start) if one.level < LOWEST)
            heading = next((one for one in headings if not _holds(self.shown, one.start, one.end)), None)
            line = lines.get(ticker, line) if heading == above else ""
            found[ticker], above = line, heading
        return found

    @cached_property
    def _known(self) -> set[str]:
        """The stocks whose list has a heading of today's, or none."""
        return {ticker for ticker, heading in self._lists.items() if not heading or _TODAYS.search(heading)}

    def _list_heading(self, ticker: str) -> str:
        """Return the innermost heading above a stock that is no stock's own, "" for none."""
        name = self.names.get(ticker, "")
        for heading in self.page.headings_above(self.homes[ticker].start):
            own = heading.start >= self.blocks[ticker][0] or begins_like(heading.text, name)
            if heading.level < LOWEST and not own and not _holds(self.shown, heading.start, heading.end):
                return heading.text
        return ""


def _holds(starts: Sequence[int], low: int, high: int) -> bool:
    """Return whether a part of the text names a stock."""
    at = bisect_left(starts, low)
    return at < len(starts) and starts[at] < high
