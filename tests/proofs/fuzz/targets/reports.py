"""Reports: the page, both JSON companions, the asset directory that judges them."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from backtest.model import TICKER_PATTERN, Candidate
from backtest.reports.directory import Directory, Listing, directory_csv, load_listings, parse_directory
from backtest.reports.model import ReportReading
from backtest.reports.read import read_html, read_report
from demo.reports import TEMPLATES, render_report
from tests.cli.account import day, offer
from tests.proofs.fuzz.canned import is_sane
from tests.proofs.fuzz.mutate import change_text, json_form, text_form
from tests.proofs.fuzz.scratch import fresh_folder, put
from tests.proofs.fuzz.target import Target, outcome, require
from tests.report_layouts.realistic import REALISTIC
from tests.report_layouts.stocks import random_stocks
from tests.report_layouts.tuned import TUNED

DAY = date(2026, 2, 2)
NAME = f"earnings_trade_analysis_{DAY}.html"
UNREADABLE = (7,)
MOST_OF_DOUBTS = 20_000
"""Characters of all doubts about a stock together."""
_TAGS = (
    "<table>", "</table>", "<tr>", "<td>", "</td>", "<th>Score</th>", "<div>", "</div>", "<h2>", "</h2>", "<li>", "<p>",
    "<b", "<script>", "</script>", "<style>", "<!--", "-->", "<![x", "<!DOCTYPE", "<?xml", "<svg>", "<template>",
    "<br>",
    "Grade: A", "Grade B", "Score: 91", "91/100", "$140.20", "+5.2%", "NVDA", "(NYSE: BRK.B)", "February 2, 2026",
    "2026-02-03", "&amp;", "&#8203;", "&nbsp;", 'class="', ' style="display:none"', "=cmd()", "1e3", "–", "−1", "101",
)  # fmt: skip


@cache
def pages() -> list[bytes]:
    """Return pages of many makers, a few stocks each."""
    rng = random.Random(1)
    candidates = [offer(ticker, day(0)) for ticker in ("AAA", "BBB")]
    made = [render_report(DAY, candidates, template) for template in TEMPLATES]
    made += [render_report(DAY, [], TEMPLATES[0])]
    made += [layout.render(random_stocks(rng, 3), rng, DAY) for layout in (*REALISTIC, *TUNED)]
    return [page.encode() for page in made]


@cache
def directory() -> Directory:
    """Return a list that knows some of the stocks."""
    listings = [Listing(ticker, f"{ticker} Corp", "NYSE") for ticker in ("AAA", "BBB", "NVDA", "BRK.B")]
    return parse_directory(directory_csv(listings), "assets.csv")


def good_candidates(candidates: tuple[Candidate, ...]) -> None:
    """Assert what every reader of a report promises of its candidates."""
    is_sane(candidates, MOST_OF_DOUBTS)
    tickers = [one.ticker for one in candidates]
    require(len(set(tickers)) == len(tickers), "a ticker twice")
    for one in candidates:
        require(one.score is None or 0 <= one.score <= 100, "a score out of range")
        require(one.price is None or 0 < one.price < 10**12, "a price that is none")
        require(TICKER_PATTERN.fullmatch(one.ticker), "no ticker")


def _good_reading(found: ReportReading) -> None:
    good_candidates(found.candidates)
    is_sane((found.told, found.notes, dict(found.doubts), dict(found.evidence)), MOST_OF_DOUBTS)


def _check_page(case: bytes) -> str:
    listed = directory() if len(case) % 2 else None
    return outcome(lambda: read_html(Path(NAME), case, directory=listed, explain=True), UNREADABLE, _good_reading)


def _check_beside(name: str, report_json: str) -> Callable[[bytes], str]:
    def check(case: bytes) -> str:
        folder = fresh_folder("reports")
        put(f"reports/{NAME}", pages()[0])
        put(f"reports/{name}", case)
        return outcome(lambda: read_report(folder / NAME, report_json=report_json), UNREADABLE, _good_reading)

    return check


def _candidates_seed() -> list[bytes]:
    row: dict[str, Any] = {"ticker": "AAA", "grade": "A", "score": 91.5, "price": 100.0}
    more = {"ticker": "BRK/B", "grade": "B", "score": 70, "price": 412.5, "gap_size": 4.2, "company_name": "Berkshire"}
    whole = {"report_date": str(DAY), "candidates": [row, more], "source": "a person", "schema_version": "1"}
    reviewed = {"by": "me", "at": "2026-02-02", "html_sha256": "0" * 64}
    return [json.dumps(one).encode() for one in (whole, whole | {"reviewed": reviewed}, whole | {"candidates": []})]


def _analyzer_seed() -> list[bytes]:
    row = {
        "symbol": "AAA", "grade": "A", "composite_score": 88.0, "current_price": 100.0, "gap_pct": 5.1,
        "company_name": "AAA Corp", "components": {"gap_size": {"score": 5, "warning": None}},
    }  # fmt: skip
    return [json.dumps({"schema_version": "1.0", "results": [row, row | {"symbol": "BBB", "grade": None}]}).encode()]


def _check_directory(case: bytes) -> str:
    path = put("assets_2026-02-02.csv", case)

    def read() -> tuple[Listing, ...]:
        parse_directory.cache_clear()
        found = load_listings(path)
        require(parse_directory(case, path.name).names == {one.ticker: one.name for one in found}, "read in two ways")
        return found

    def valid(found: tuple[Listing, ...]) -> None:
        require(all(TICKER_PATTERN.fullmatch(one.ticker) for one in found), "no ticker")
        again = put("again.csv", directory_csv(found))
        require(load_listings(again) == found, "not read back as written")

    return outcome(read, UNREADABLE, valid)


def _directory_seed() -> list[bytes]:
    listings = [
        Listing("AAA", "AAA Corp", "NYSE"),
        Listing("BRK.B", 'Berkshire, "B"', "NYSE"),
        Listing("C", "", "ARCA"),
    ]
    return [directory_csv(listings)]


def _mutate_page(case: bytes, rng: random.Random) -> bytes:
    """Change a page; now and then make it deep or long."""
    if rng.random() < 0.03:
        tag = rng.choice((b"<div>", b"<b>", b"<table><tr><td>", b"&", b"<", b"<a ", b"<!--", b"A1 "))
        place = rng.randint(0, len(case))
        return case[:place] + tag * rng.choice((300, 5_000, 30_000)) + case[place:]
    for _ in range(rng.randint(1, 6)):
        case = change_text(case, rng, _TAGS)
    return case


_JSON = json_form(("A", "D", "E", "AAA", "BRK.B", 100, 101, -1, 0.1, 91.55555, "NaN", str(DAY)))

TARGETS = (
    Target("report-html", "a report's page", _check_page, pages, _mutate_page, ".html"),
    Target(
        "report-candidates", "the candidates JSON beside a page",
        _check_beside(f"earnings_trade_candidates_{DAY}.json", "candidates"), _candidates_seed, _JSON, ".json",
    ),
    Target(
        "report-analyzer", "the analyzer's JSON beside a page",
        _check_beside(f"earnings_trade_analyzer_{DAY}_083000.json", "analyzer"), _analyzer_seed, _JSON, ".json",
    ),
    Target(
        "assets-csv", "the asset directory", _check_directory, _directory_seed,
        text_form(("AAA,AAA Corp,NYSE", "symbol,name,exchange", '"', ",", "BRK/B", "aaa", "AAA")), ".csv",
    ),
)  # fmt: skip
