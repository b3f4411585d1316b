"""`python -m backtest fetch`, and runs on what it brought: the trades of files, offline, whole or not at all."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from backtest.__main__ import cli
from backtest.candidates_file import read_candidates
from backtest.sessions import load_sessions
from backtest.web.clock import SystemClock
from demo.reports import write_reports
from tests.backtest.prices.hosts import KEYS, Market, serve

pytestmark = pytest.mark.usefixtures("http")

FIRST, LAST = "2016-02-01", "2016-04-29"
SPAN = ("--from", FIRST, "--to", LAST)
SOURCES = ("alpaca", "fmp", "fmp-full", "fmp-legacy")
HEADER = "report_date,ticker,grade,score,price,gap_size\n"
SPLIT_DAY = date(2016, 3, 21)


def invented() -> Market:
    days = load_sessions(date(2016, 12, 30)).between(date(2015, 1, 2), date(2016, 5, 31))
    bars = {}
    for ticker, start in (("AAA", 20), ("BRK.B", 60), ("CRASH", 80)):
        rows = {}
        for n, day in enumerate(days):
            price = start + n / 64 - (40 if ticker == "CRASH" and day >= date(2016, 3, 15) else 0)
            if ticker == "BRK.B" and day >= SPLIT_DAY:
                price /= 2
            rows[day] = (price, price + 1, price - 1, price + 0.5, 1000 * (2 if day >= SPLIT_DAY else 1))
        bars[ticker] = rows
    return Market(bars, {("BRK.B", SPLIT_DAY): Fraction(2)})


@pytest.fixture(scope="module")
def market() -> Market:
    return invented()


@pytest.fixture
def home(tmp_path: Path, market: Market, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with candidates.csv and the market as files; keys are set, nothing waits."""
    (tmp_path / "candidates.csv").write_text(
        f"{HEADER}2016-02-01,AAA,A,90,,\n2016-02-01,CRASH,B,70,,\n2016-02-03,BRK.B,C,60,,\n2016-06-01,LATER,C,60,,\n",
        encoding="ascii",
    )
    market.write(tmp_path / "bars")
    monkeypatch.setattr(SystemClock, "sleep", lambda *_: None)
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    return tmp_path


def started(home: Path, *arguments: str) -> Result:
    return CliRunner().invoke(cli, [*arguments, "--home", str(home)])


def fetch(home: Path, source: str, *more: str) -> Result:
    which = () if {"--symbols", "--symbols-file"} & set(more) else ("--candidates", "candidates.csv")
    return started(home, "fetch", "--prices", source, *which, *SPAN, *more)


def run(home: Path, source: str, out: str, *more: str) -> Result:
    given = ("--candidates", "candidates.csv", "--prices", source, *SPAN, "--out", out)
    return started(home, "run", *given, *more)


def files_of(home: Path, folder: str) -> list[str]:
    return sorted(path.name for path in (home / "cache" / folder).iterdir() if not path.name.endswith(".lock"))


@pytest.mark.parametrize("source", SOURCES)
def test_a_run_on_fetched_bars_trades_as_on_files_without_key_or_network(
    source: str, home: Path, market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = serve(source, market)
    fetched = fetch(home, source)
    assert fetched.exit_code == 0, fetched.output
    assert "symbols    3: 3 with bars, 3 asked for now" in fetched.output
    asked = len(host.asked)
    for name in KEYS:
        monkeypatch.delenv(name)
    offline = run(home, source, "out")
    assert offline.exit_code == 0, offline.output
    assert len(host.asked) == asked
    assert run(home, "bars", "plain").exit_code == 0
    for name in ("trades.csv", "equity.csv", "skipped.csv"):
        assert (home / "out" / name).read_bytes() == (home / "plain" / name).read_bytes()
    assert "BRK.B" in (home / "out" / "trades.csv").read_text(encoding="ascii")


@pytest.mark.parametrize("source", SOURCES)
def test_the_manifest_says_source_feed_and_adjustment(source: str, home: Path, market: Market) -> None:
    serve(source, market)
    assert run(home, source, "out").exit_code == 0
    data = json.loads((home / "out" / "run_manifest.json").read_text(encoding="ascii"))["data"]
    undone = "splits_undone_dividends_by_date"
    adjustment = undone if source in ("fmp-full", "fmp-legacy") else "splits_and_dividends_by_date"
    feed = "sip" if source == "alpaca" else None
    assert (data["source"], data["feed"], data["adjustment"]) == (source, feed, adjustment)


def test_the_warm_up_of_the_indicator_is_fetched_too(home: Path, market: Market) -> None:
    host = serve("alpaca", market)
    fetch(home, "alpaca", "--set", "indicator_window_weeks=40")
    assert {query["start"][:10] for path, query in host.asked if "bars" in path} == {"2015-05-04"}


def test_only_what_is_missing_is_asked_for(home: Path, market: Market) -> None:
    host = serve("alpaca", market)
    fetch(home, "alpaca", "--symbols", "AAA")
    asked = len(host.asked)
    assert fetch(home, "alpaca", "--symbols", "AAA").exit_code == 0
    assert len(host.asked) == asked
    fetch(home, "alpaca", "--symbols", "AAA,CRASH")
    assert {query["symbols"] for _, query in host.asked[asked:]} == {"CRASH"}


@pytest.mark.parametrize("source", ["fmp", "fmp-full", "fmp-legacy"])
def test_a_fetch_that_broke_off_goes_on_where_it_was(source: str, home: Path, market: Market) -> None:
    host = serve(source, market)
    fetch(home, source, "--symbols", "AAA")
    host.after = 2 * len(host.asked)
    host.instead = (503, {}, "<html>down</html>")
    broken = fetch(home, source)
    assert broken.exit_code == 8
    assert "2 with bars" in broken.output
    assert "What came is kept." in broken.output
    assert files_of(home, source) == ["AAA.events.json", "AAA.npz", "BRK.B.events.json", "BRK.B.npz"]
    host.instead = None
    host.asked.clear()
    assert fetch(home, source).exit_code == 0
    assert host.tickers_asked() == {"CRASH"}


@pytest.mark.parametrize("name", ["AAA.npz", "AAA.events.json"])
def test_a_broken_file_is_told_and_fetched_again(
    name: str, home: Path, market: Market, caplog: pytest.LogCaptureFixture
) -> None:
    serve("alpaca", market)
    fetch(home, "alpaca")
    path = home / "cache" / "alpaca-sip" / name
    whole = path.read_bytes()
    for damage in (b"", b"[1]", whole[: len(whole) // 2], b"\xff" * 900):
        path.write_bytes(damage)
        caplog.clear()
        assert "3 with bars, 1 asked for now" in fetch(home, "alpaca").output
        assert f"{name}: cannot be used" in caplog.text
        assert run(home, "alpaca", "out", "--json").exit_code == 0


REFUSALS = [
    ("alpaca", (401, {}, '{"message": "unauthorized."}'), 6, "refuses the keys"),
    ("alpaca", (403, {}, '{"message": "forbidden."}'), 6, "refuses the keys"),
    ("alpaca", (403, {}, '{"message": "subscription does not permit querying recent SIP data"}'), 6, "subscription"),
    ("alpaca", (422, {}, '{"message": "invalid symbol: AAA"}'), 8, "invalid symbol"),
    ("alpaca", (429, {}, '{"message": "too many requests."}'), 8, "HTTP 429"),
    ("alpaca", (200, {}, "<html>a proxy's page</html>"), 8, "unreadable answer"),
    ("alpaca", (200, {}, '{"bars": [1, 2]}'), 8, "bars is no object"),
    ("alpaca", (200, {}, '{"bars": {"AAA": [{"t": "2016-02-01T05:00:00Z"}]}}'), 8, "unusable bars"),
    ("alpaca", (302, {"Location": "https://elsewhere.example"}, ""), 8, "redirect"),
    ("fmp", (401, {}, '{"Error Message": "Invalid API KEY. Please retry"}'), 6, "does not accept the key"),
    ("fmp", (200, {}, '{"Error Message": "Invalid API KEY. Please retry"}'), 6, "does not accept the key"),
    ("fmp", (402, {}, "Exclusive Endpoint : This endpoint is not available"), 6, "price source fmp-full"),
    ("fmp", (402, {}, "Premium Query Parameter : 'from' is not available"), 6, "Premium Query Parameter"),
    ("fmp", (402, {}, "Premium Query Parameter: This value set for 'symbol' is not available"), 8, "this symbol"),
    ("fmp-legacy", (403, {}, '{"Error Message": "Legacy Endpoint : no longer supported"}'), 6, "price source fmp."),
    ("fmp", (200, {}, '{"Error Message": "Limit Reach . Please upgrade your plan"}'), 8, "limit of requests"),
    ("fmp", (429, {}, '{"Error Message": "Limit Reach . Please upgrade your plan"}'), 8, "HTTP 429"),
    ("fmp", (200, {}, "<html>maintenance</html>"), 8, "unreadable answer"),
    ("fmp", (200, {}, '{"historical": []}'), 8, "a list expected"),
    ("fmp-legacy", (200, {}, "[]"), 8, "an object expected"),
    ("fmp-legacy", (200, {}, '{"symbol": "MSFT", "historical": []}'), 8, "the history of MSFT"),
    ("fmp-legacy", (200, {}, '{"historicalStockList": []}'), 8, "the history of None"),
]  # fmt: skip


@pytest.mark.parametrize(("source", "answer", "code", "words"), REFUSALS)
def test_a_host_that_refuses_is_one_clear_line_and_leaves_no_file_and_no_key(
    source: str, answer: tuple[int, dict[str, str], str], code: int, words: str, home: Path, market: Market
) -> None:
    serve(source, market).instead = answer
    result = fetch(home, source, "--symbols", "AAA")
    assert result.exit_code == code, result.output
    (line,) = [one for one in result.output.splitlines() if one.startswith("error[")]
    assert words in line
    assert not [path for path in (home / "cache").rglob("*") if path.suffix in (".npz", ".json")]
    assert not [value for value in KEYS.values() if value in result.output]
    again = json.loads(fetch(home, source, "--symbols", "AAA", "--json").stdout)
    assert (again["exit_code"], again["error"]["code"]) == (code, code)
    assert run(home, source, "out").exit_code == code
    assert not (home / "out").exists()


@pytest.mark.parametrize("source", SOURCES)
def test_without_keys_it_is_6_before_any_request(
    source: str, home: Path, market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = serve(source, market)
    for name in KEYS:
        monkeypatch.delenv(name)
    result = fetch(home, source)
    assert result.exit_code == 6
    assert ("FMP_API_KEY missing" if source != "alpaca" else "broker keys missing") in result.output
    assert host.asked == []
    assert not (home / "cache").exists()


def test_a_host_that_is_not_there_is_told_by_one_line(home: Path) -> None:
    at_once = "from backtest.web.clock import SystemClock as C; C.sleep = lambda *_: None\n"
    start = "from backtest.__main__ import main; main()"
    arguments = ("fetch", "--prices", "alpaca", "--symbols", "AAA", *SPAN, "--home", str(home))
    told = subprocess.run(
        [sys.executable, "-c", at_once + start, *arguments],
        env={**os.environ, "APCA_API_DATA_URL": "http://127.0.0.1:1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 8
    (line,) = told.stderr.splitlines()
    assert line.startswith("error[8] GET /v2/stocks/bars failed: no answer")


def test_i6_keys_go_to_no_host_off_the_list(home: Path, market: Market, monkeypatch: pytest.MonkeyPatch) -> None:
    hosts = [serve("alpaca", market), serve("fmp", market)]
    monkeypatch.setenv("APCA_API_DATA_URL", "https://data.alpaca.markets.evil.example")
    monkeypatch.setenv("FMP_BASE_URL", "https://financialmodelingprep.com@evil.example")
    assert [fetch(home, source).exit_code for source in SOURCES] == [6, 6, 6, 6]
    assert [host.asked for host in hosts] == [[], []]


@pytest.mark.parametrize("source", SOURCES)
def test_an_unknown_symbol_is_named_and_the_others_are_there(source: str, home: Path, market: Market) -> None:
    host = serve(source, market)
    result = fetch(home, source, "--symbols", "AAA,ZZZZ")
    assert result.exit_code == 0, result.output
    assert "1 symbol without any bar: ZZZZ" in result.output
    asked = len(host.asked)
    assert json.loads(fetch(home, source, "--symbols", "AAA,ZZZZ", "--json").stdout)["without_bars"] == ["ZZZZ"]
    assert len(host.asked) == asked


@pytest.mark.parametrize("source", [*SOURCES, "bars"])
def test_no_bar_at_all_is_7_and_never_an_empty_backtest(source: str, home: Path, market: Market) -> None:
    serve(source, market)
    result = fetch(home, source, "--symbols", "ZZZZ,YYYY")
    assert result.exit_code == 7
    assert "no bar in" in result.output
    (home / "candidates.csv").write_text(f"{HEADER}2016-02-01,ZZZZ,A,90,,\n", encoding="ascii")
    assert run(home, source, "out").exit_code == 7


def test_a_plan_that_cuts_the_past_is_told(home: Path, market: Market) -> None:
    cut = {t: {d: bar for d, bar in bars.items() if d >= date(2016, 1, 4)} for t, bars in market.bars.items()}
    serve("fmp", Market(cut, market.splits))
    assert "begin on 2016-01-04" in fetch(home, "fmp").output
    assert "begin on 2016-01-04" in run(home, "fmp", "out").output


def test_all_events_are_asked_for_and_a_cut_answer_is_none(home: Path, market: Market) -> None:
    paid = {("AAA", date(1990, 1, 1) + timedelta(days=7 * n)): 0.1 for n in range(1000)}
    host = serve("fmp", Market(market.bars, market.splits, paid))
    result = fetch(home, "fmp")
    assert {query.get("limit") for path, query in host.asked if "eod" not in path} == {"1000"}
    assert result.exit_code == 8
    assert "/stable/dividends of AAA from fmp is unusable: ValueError cut after 1000 rows" in result.output


def test_anew_fetches_what_is_there_again(home: Path, market: Market) -> None:
    host = serve("alpaca", market)
    fetch(home, "alpaca")
    host.asked.clear()
    assert "3 asked for now" in fetch(home, "alpaca", "--anew").output
    assert host.tickers_asked() == {"AAA", "BRK.B", "CRASH"}


def test_a_path_needs_no_fetching_and_says_so(home: Path) -> None:
    result = fetch(home, "bars")
    assert result.exit_code == 0, result.output
    assert "nowhere: a path is read where it lies" in result.output
    assert not (home / "cache").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("--symbols", "AAA", "--candidates", "candidates.csv"), 2, "give one of"),
        (("--symbols", ""), 2, "no symbol"),
        (("--symbols", "AAA,not/one"), 2, "'not/one' is no symbol"),
        (("--symbols-file", "nowhere.txt"), 7, "no such file"),
        (("--symbols-file", "bars"), 7, "no regular file"),
        (("--symbols-file", "odd.txt"), 7, "line 2 is '??'"),
        (("--symbols-file", "empty.txt"), 7, "names none"),
        (("--symbols", "AAA", "--cache", "candidates.csv"), 7, "not writable"),
        (("--symbols", "AAA", "--feed", "otc"), 2, "feed"),
        (("--symbols", "AAA", "--config", "c.yaml"), 6, "cache_dri"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    arguments: tuple[str, ...], code: int, words: str, home: Path, market: Market
) -> None:
    serve("alpaca", market)
    (home / "odd.txt").write_text("symbol\n??\n", encoding="ascii")
    (home / "empty.txt").write_text("# none\n\n", encoding="ascii")
    (home / "c.yaml").write_text("prices:\n  cache_dri: elsewhere\n", encoding="ascii")
    result = started(home, "fetch", "--prices", "alpaca", *SPAN, *arguments)
    assert result.exit_code == code, result.output
    assert words in result.output


def test_the_symbols_of_reports_are_those_of_sessions_inside(home: Path, market: Market) -> None:
    write_reports(home / "reports", read_candidates(home / "candidates.csv").candidates)
    serve("alpaca", market)
    result = started(home, "fetch", "--prices", "alpaca", "--reports", "reports", "--cache", "elsewhere", *SPAN)
    assert result.exit_code == 0, result.output
    names = sorted(path.name for path in (home / "elsewhere" / "alpaca-sip").glob("*.npz"))
    assert names == ["AAA.npz", "BRK.B.npz", "CRASH.npz"]


def test_symbols_of_a_file_and_of_the_configurations_cache(home: Path, market: Market) -> None:
    serve("alpaca", market)
    (home / "s.txt").write_text("Symbol,Name\n# ours\naaa,Alpha\nBRK-B\n", encoding="ascii")
    (home / "c.yaml").write_text("prices:\n  cache_dir: kept\n  feed: iex\n", encoding="ascii")
    result = fetch(home, "alpaca", "--symbols-file", "s.txt", "--config", "c.yaml")
    assert result.exit_code == 0, result.output
    names = sorted(path.name for path in (home / "kept" / "alpaca-iex").glob("*.npz"))
    assert names == ["AAA.npz", "BRK.B.npz"]


def test_sources_of_live_programs_alone_are_6(home: Path) -> None:
    for named in ("sim", "broker"):
        result = run(home, named, "out")
        assert (result.exit_code, "expected alpaca, fmp, fmp-full, fmp-legacy" in result.output) == (6, True)


def test_prices_that_do_not_fit_their_splits_are_told_at_once(home: Path, market: Market) -> None:
    serve("alpaca", Market(market.bars))
    words = "1 open as after a split, or a split without one: BRK.B 2016-03-21 (2:1, "
    assert words in fetch(home, "alpaca").output
    assert words in run(home, "alpaca", "out").output


@pytest.mark.parametrize("source", ["fmp", "fmp-full", "fmp-legacy"])
def test_a_symbol_costs_three_requests_for_four_years(source: str, home: Path, market: Market) -> None:
    host = serve(source, market)
    fetch(home, source, "--symbols", "BRK.B")
    assert len(host.asked) == 3
