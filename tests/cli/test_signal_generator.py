"""The generator: what it decides and writes on a usual day, twice, dry, forced, without a report."""

from __future__ import annotations

import json
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path

import pytest

from backtest.model import Candidate, Grade, Split
from live.signals.reader import read_signal_file
from tests.builders import put_manifest
from tests.cli.account import LAST, SESSIONS, TradingAccount, at, bars, day, offer
from tests.faults.ending import Rerun, State, fault_ends

QUIET = ("AAA", "BBB", "CCC", "DDD")


@pytest.fixture
def calm(tmp_path: Path) -> TradingAccount:
    return TradingAccount(tmp_path, *(bars(ticker) for ticker in QUIET), listed=["ZZZ"])


def weeks(n: int) -> date:
    """Return the Monday n weeks after the first day traded (its session, or the next one)."""
    return SESSIONS.on_or_after(day(0) + timedelta(weeks=n))


def test_a_report_becomes_two_signal_files_that_say_what_to_buy_and_why(calm: TradingAccount) -> None:
    report = calm.go(day(0), "09:00").report(day(0), offer("AAA", day(0), 90), offer("BBB", day(0), 70))
    done = calm.generate("--report-file", report)
    assert done.code == 0, done.stderr
    signal = calm.signal(day(0))
    assert (signal["trade_date"], signal["as_of_session"]) == ("2026-02-02", "2026-01-30")
    assert [(e["rank"], e["ticker"], e["shares"], e["stop_price"]) for e in signal["entries"]] == [
        (1, "AAA", 100, "90.00"),
        (2, "BBB", 100, "90.00"),
    ]
    assert signal["inputs"]["reports"][0]["file"] == report.name
    shadow = calm.signal(day(0), "nwl_p4")
    assert [e["ticker"] for e in shadow["entries"]] == ["AAA", "BBB"]
    assert {e["reference_source"] for e in shadow["entries"]} == {"last_close"}


def test_the_files_are_what_the_executor_reads_strictly(calm: TradingAccount) -> None:
    calm.go(day(0), "09:00").generate("--report-file", calm.report(day(0), offer("AAA", day(0))))
    for strategy in ("ema_p10", "nwl_p4"):
        path = calm.signals / f"trade_signals_{day(0)}_{strategy}.json"
        loaded = read_signal_file(path)
        assert loaded.signal.strategy == strategy
        assert path.stat().st_mode & 0o777 == 0o600
        with calm.look() as db:
            row = db.signal_files.by_file_sha256(loaded.file_sha256)
        assert row is not None
        assert row.superseded_by is None


def test_the_run_ends_with_five_lines_a_tired_person_can_read(calm: TradingAccount) -> None:
    report = calm.go(day(0), "09:00").report(day(0), offer("AAA", day(0)), offer("ZZZ", day(0)))
    lines = calm.generate("--report-file", report).stdout.strip().splitlines()[-5:]
    assert [line.split(":")[0] for line in lines] == ["exits", "entries", "skipped", "needs a hand", "next step"]
    assert lines[1].endswith("1 decided: AAA 100")
    assert lines[2].endswith("1: 1 no_price_data")
    assert "live.executor --phase place" in lines[4]
    assert " before the open, then --phase poll after it" in lines[4]


def test_json_is_one_object_with_decisions_and_the_files_written(calm: TradingAccount) -> None:
    report = calm.go(day(0), "09:00").report(day(0), offer("AAA", day(0)))
    printed = calm.generate("--report-file", report, json=True).json
    assert printed["exit_code"] == 0
    assert [entry["ticker"] for entry in printed["decisions"]["entries"]] == ["AAA"]
    assert [Path(path).name for path in printed["files"]] == [
        "trade_signals_2026-02-02_ema_p10.json",
        "trade_signals_2026-02-02_nwl_p4.json",
    ]


def test_without_a_report_only_exits_are_decided(calm: TradingAccount) -> None:
    done = calm.go(day(0), "09:00").generate("--no-report")
    assert done.code == 0
    assert calm.signal(day(0))["entries"] == []
    assert calm.signal(day(0))["inputs"]["reports"] == []


def test_a_weekend_report_belongs_to_the_next_session_together_with_its_own(calm: TradingAccount) -> None:
    friday, monday = day(-1), day(0)
    saturday = friday + timedelta(days=1)
    calm.report(saturday, offer("AAA", saturday, 60))
    calm.report(monday, offer("BBB", monday, 60))
    done = calm.go(monday, "09:00").generate("--report-dir", calm.reports)
    assert done.code == 0, done.stderr
    assert [entry["ticker"] for entry in calm.signal(monday)["entries"]] == ["AAA", "BBB"]  # the earlier report first


def test_the_evening_before_decides_for_the_next_session(calm: TradingAccount) -> None:
    calm.go(day(0), "18:00")
    done = calm.generate("--no-report", json=True)
    assert done.json["trade_date"] == str(day(1))


# the same again


def test_the_same_command_twice_gives_the_same_content_and_supersedes_the_first(calm: TradingAccount) -> None:
    report = calm.go(day(0), "09:00").report(day(0), offer("AAA", day(0)))
    calm.generate("--report-file", report)
    first = {name: calm.signal(day(0), name)["content_sha256"] for name in ("ema_p10", "nwl_p4")}
    calm.go(day(0), "09:10")
    done = calm.generate("--report-file", report)
    assert done.code == 0
    assert "the same content as the run" in done.stdout
    assert {name: calm.signal(day(0), name)["content_sha256"] for name in first} == first
    with calm.look() as db:
        latest = db.signal_files.latest("ema_p10", day(0))
    assert latest is not None
    assert latest.run_id == calm.signal(day(0))["run_id"]


def test_a_second_run_on_the_same_day_uses_the_same_reference_prices(tmp_path: Path) -> None:
    market = TradingAccount(tmp_path, bars("AAA", {date(2025, 6, 2): "100", day(0): "104"}))
    report = market.go(day(0), "09:00").report(day(0), offer("AAA", day(0)))
    market.generate("--report-file", report)
    assert market.signal(day(0))["entries"][0]["reference_price"] == "100.00"
    market.go(day(0), "10:00")  # now the last trade is 104
    market.generate("--report-file", report)
    assert market.signal(day(0))["entries"][0]["reference_price"] == "100.00"
    market.generate("--report-file", report, "--refresh-prices")
    entry = market.signal(day(0))["entries"][0]
    assert entry["reference_price"] != "100.00"
    assert entry["reference_source"] == "latest_trade"


def test_reference_prices_of_the_evening_are_not_used_again_next_morning(calm: TradingAccount) -> None:
    report = calm.report(day(1), offer("AAA", day(1)))
    calm.go(day(0), "18:00").generate("--report-file", report)
    with calm.look() as db:
        evening = db.system_config.flag("generator")
    calm.go(day(1), "09:00").generate("--report-file", report)
    with calm.look() as db:
        morning = db.system_config.flag("generator")
    assert '"taken_on":"2026-02-02"' in str(evening)
    assert '"taken_on":"2026-02-03"' in str(morning)


def test_another_report_for_the_same_day_supersedes_what_was_decided(calm: TradingAccount) -> None:
    calm.go(day(0), "09:00").generate("--report-file", calm.report(day(0), offer("AAA", day(0))))
    done = calm.generate("--report-file", calm.report(day(0), offer("BBB", day(0))))
    assert "other content than the run" in done.stdout
    assert [entry["ticker"] for entry in calm.signal(day(0))["entries"]] == ["BBB"]
    assert [entry["ticker"] for entry in calm.signal(day(0), "nwl_p4")["entries"]] == ["BBB"]


def test_an_accepted_plan_is_never_decided_again_its_file_is_written_once_more(calm: TradingAccount) -> None:
    calm.go(day(0), "09:00").generate("--report-file", calm.report(day(0), offer("AAA", day(0))))
    issued = calm.signal(day(0))
    assert calm.go(day(0), "09:20").execute("place").code == 0
    for path in calm.signals.iterdir():
        path.unlink()
    done = calm.generate("--report-file", calm.report(day(0), offer("BBB", day(0))))
    assert done.code == 0, done.stderr
    assert "was accepted" in done.stdout
    assert calm.signal(day(0)) == issued
    assert (calm.signals / f"trade_signals_{day(0)}_nwl_p4.json").exists()


def test_f67_a_run_killed_between_the_transaction_and_the_files_is_healed_by_the_same_command(
    calm: TradingAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = calm.go(day(0), "09:00").report(day(0), offer("AAA", day(0)))

    def killed(*_: object) -> Path:
        raise KeyboardInterrupt

    kept: list[str] = []

    def start_again() -> None:
        assert not calm.signals.exists()
        with calm.look() as db:
            row = db.signal_files.latest("ema_p10", day(0))
        assert row is not None
        kept.append(row.content_sha256)
        monkeypatch.undo()

    monkeypatch.setattr("live.generate.publish.write_text", killed)
    fault_ends(
        "F67 F68",
        calm,
        lambda: calm.generate("--report-file", report),
        exit_code=9,
        last_line="error[9] the run was interrupted (SIGINT). Run the same command again.",
        received=[],
        state=State({}),
        rerun=Rerun(0, mend=start_again),
    )
    assert [calm.signal(day(0))["content_sha256"]] == kept


# dry


def test_i18_a_dry_run_changes_no_byte_and_tells_every_decision(calm: TradingAccount) -> None:
    calm.trade(day(0), offer("AAA", day(0)))
    report = calm.go(day(1), "09:00").report(day(1), offer("BBB", day(1), 80), offer("CCC", day(1), 60, grade=Grade.C))
    before, requests = calm.tree(), calm.broker.requests_sent().mutating
    done = calm.generate("--report-file", report, "--dry-run")
    assert done.code == 0, done.stderr
    assert calm.tree() == before
    assert calm.broker.requests_sent().mutating == requests
    assert "BBB" in done.stdout
    assert "rank 1, score 80" in done.stdout
    assert "the same command without --dry-run" in done.stdout


def test_a_dry_run_decides_what_the_real_run_then_writes(calm: TradingAccount) -> None:
    report = calm.go(day(0), "09:00").report(day(0), offer("AAA", day(0)), offer("BBB", day(0), 90))
    dry = calm.generate("--report-file", report, "--dry-run", json=True).json
    real = calm.generate("--report-file", report, json=True).json
    assert dry["decisions"] == real["decisions"]
    assert dry["shadow"] == real["shadow"]


def test_a_dry_run_needs_no_state_db_yet_and_makes_none(calm: TradingAccount) -> None:
    calm.go(day(0), "09:00")
    assert calm.generate("--no-report", "--dry-run").code == 0
    assert not calm.state_db.exists()


# a book that lives


def test_a_week_that_closes_below_the_average_is_sold_and_the_file_says_with_which_numbers(tmp_path: Path) -> None:
    falling = {date(2025, 6, 2): "100", day(11): "95"}
    market = TradingAccount(tmp_path, bars("AAA", falling), bars("BBB"))
    market.trade(day(0), offer("AAA", day(0)))
    for n in range(1, 15):
        assert market.go(day(n), "09:00").generate("--no-report").code == 0
        assert market.signal(day(n))["exits"] == []
        if SESSIONS.week_end_of(day(n)) == day(n) and n > 11:
            break
    session = SESSIONS.next(day(n))
    market.trade(session)
    (exit_,) = market.signal(session)["exits"]
    assert (exit_["ticker"], exit_["reason"], exit_["shares"]) == ("AAA", "trend_break", 100)
    assert exit_["why"]["week_close"] == "95.00"
    assert market.held() == {}


def test_a_full_book_swaps_its_worst_loser_for_a_better_score(tmp_path: Path) -> None:
    sinking = {date(2025, 6, 2): "100", day(1): "97"}
    market = TradingAccount(
        tmp_path,
        bars("AAA", sinking),
        bars("BBB"),
        bars("CCC"),
        settings=["strategy.max_positions=2"],
    )
    market.trade(day(0), offer("AAA", day(0), 60), offer("BBB", day(0), 60))
    market.trade(day(1))
    market.trade(day(2), offer("CCC", day(2), 75))
    signal = market.signal(day(2))
    assert [(one["ticker"], one["reason"]) for one in signal["exits"]] == [("AAA", "rotated_out")]
    assert [(one["ticker"], one["replaces"]) for one in signal["entries"]] == [("CCC", "AAA")]
    assert market.held() == {"BBB": 100, "CCC": 100}


def test_a_position_stopped_out_since_the_last_run_is_told_first_with_price_and_result(tmp_path: Path) -> None:
    crashing = {date(2025, 6, 2): "100", day(1): "80"}
    market = TradingAccount(tmp_path, bars("AAA", crashing), bars("BBB"))
    market.trade(day(0), offer("AAA", day(0)))
    market.go(day(1), "16:05")
    done = market.generate("--no-report")
    assert done.code == 0, done.stderr
    first = done.stdout.splitlines()[1]  # after the account
    assert "AAA stopped out" in first
    stopped = next(line for line in done.stdout.splitlines() if line.startswith("STOPPED OUT"))
    assert "AAA 100 at 79.60 on 2026-02-03, P&L -2,040.00 (-20.4 %)" in stopped


@pytest.mark.parametrize(("session", "clock"), [(day(1), "18:00"), (day(2), "09:00")])
def test_f57_a_split_before_the_open_is_decided_in_its_units_whether_the_broker_booked_it_or_not(
    tmp_path: Path, session: date, clock: str
) -> None:
    halved = bars("AAA", {date(2025, 6, 2): "100", day(2): "50"})
    settings = ["strategy.max_holding_days=1"]
    splits = [Split("AAA", day(2), Fraction(2))]
    market = TradingAccount(tmp_path, halved, bars("BBB"), settings=settings, splits=splits)
    market.trade(day(0), offer("AAA", day(0)))
    market.go(session, clock)
    is_booked = session == day(2)
    book = State({"AAA": "200 at 50.00, stop 45.00" if is_booked else "100 at 100.00, stop 90.00"})
    done = fault_ends(
        "F57",
        market,
        lambda: market.generate("--no-report", json=True),
        exit_code=0,
        last_line="",
        received=[],
        state=book,
        rerun=Rerun(
            0,
            run=lambda: market.execute("protect"),
            state=book,
            received=["DELETE stop sell AAA", "POST 20260202_AAA_stop_sell"] if is_booked else [],
        ),
    )
    assert done.json["trade_date"] == str(day(2))
    for strategy in ("ema_p10", "nwl_p4"):
        (exit_,) = market.signal(day(2), strategy)["exits"]
        assert (exit_["shares"], exit_["entry_price"], exit_["reason"]) == (200, "50.00", "max_holding")


def test_f89_days_without_a_run_are_caught_up_and_their_reports_told_as_missed(calm: TradingAccount) -> None:
    calm.trade(day(0), offer("AAA", day(0)))
    calm.report(day(1), offer("BBB", day(1)))
    calm.report(day(3), offer("CCC", day(3)))
    calm.go(day(3), "09:00")
    done = fault_ends(
        "F89",
        calm,
        lambda: calm.generate("--report-dir", calm.reports),
        exit_code=0,
        last_line="",
        received=[],
        state=State({"AAA": "100 at 100.00, stop 90.00"}),
        rerun=Rerun(0),
    )
    assert "no run on 2 sessions (2026-02-03 to 2026-02-04)" in done.stdout
    assert f"missed report earnings_trade_analysis_{day(1)}.html" in done.stdout
    assert [entry["ticker"] for entry in calm.signal(day(3))["entries"]] == ["CCC"]


def test_f54_a_stock_the_broker_does_not_trade_is_skipped_and_its_slot_is_spent(calm: TradingAccount) -> None:
    calm.exchange.set_asset("AAA", tradable=False)
    report = calm.go(day(0), "09:00").report(day(0), offer("AAA", day(0), 90), offer("BBB", day(0), 80))
    calm.settings = (*calm.settings, "strategy.max_positions=1")
    from live.config_file import load_config
    from tests.cli.account import CONFIG

    put_manifest(calm.manifest, load_config(CONFIG, calm.settings).strategy)
    fault_ends(
        "F54",
        calm,
        lambda: calm.generate("--report-file", report),
        exit_code=0,
        last_line="",
        received=[],
        state=State({}),
        rerun=Rerun(0),
    )
    signal = calm.signal(day(0))
    assert signal["entries"] == []
    assert {(one["ticker"], one["reason"]) for one in signal["skipped"]} == {
        ("AAA", "not_tradable"),
        ("BBB", "capacity_full"),
    }
    assert [one["ticker"] for one in calm.signal(day(0), "nwl_p4")["entries"]] == ["AAA"]  # it asks no broker


def test_the_shadow_lives_through_the_day_and_its_rows_show_it(calm: TradingAccount) -> None:
    calm.trade(day(0), offer("AAA", day(0)))
    with calm.look() as db:
        assert [(row.ticker, row.status.value) for row in db.shadow.active("nwl_p4")] == [("AAA", "pending")]
    calm.trade(day(1))
    with calm.look() as db:
        (row,) = db.shadow.active("nwl_p4")
    assert (row.status.value, row.entry_date, row.actual_shares, row.entry_price) == ("open", day(0), 100, 1_000_000)


def test_with_the_shadow_as_executed_strategy_only_one_is_tracked(tmp_path: Path) -> None:
    settings = ["strategy.primary.trailing_stop=weekly_nweek_low", "strategy.primary.period=4"]
    market = TradingAccount(tmp_path, bars("AAA"), settings=settings)
    done = market.go(day(0), "09:00").generate("--report-file", market.report(day(0), offer("AAA", day(0))))
    assert done.code == 0, done.stderr
    assert [path.name for path in market.signals.iterdir()] == [f"trade_signals_{day(0)}_nwl_p4.json"]


def test_every_run_leaves_its_row(calm: TradingAccount) -> None:
    calm.go(day(0), "09:00").generate("--no-report")
    with calm.look() as db:
        (row,) = db.runs.last()
    assert (row.program, row.trade_date, row.exit_code) == ("signal_generator", day(0), 0)


def test_the_exchange_serves_the_bars_when_no_other_source_is_named(calm: TradingAccount) -> None:
    from live.run.runtime import Runtime

    calm.runtime = Runtime(calm.broker, None, SESSIONS)
    report = calm.go(day(0), "09:00").report(day(0), offer("AAA", day(0)))
    done = calm.generate("--report-file", report)
    assert done.code == 0, done.stderr
    signal = calm.signal(day(0))
    assert signal["inputs"]["prices"]["source"] == "sim"
    assert signal["entries"][0]["shares"] == 100


def test_decisions_never_see_a_bar_of_the_trade_date_or_later(tmp_path: Path) -> None:
    """Two futures, one past: the same decisions."""
    printed = []
    for number, future in enumerate(("100", "50")):
        folder = tmp_path / str(number)
        folder.mkdir()
        market = TradingAccount(folder, bars("AAA", {date(2025, 6, 2): "100", day(0): future}))
        market.go(day(0), "09:00")
        market.generate("--report-file", market.report(day(0), offer("AAA", day(0))))
        signal = market.signal(day(0))
        printed.append((signal["entries"], signal["exits"], signal["inputs"]["prices"]))
    assert printed[0] == printed[1]
    assert at(day(0), "09:00") < at(LAST, "09:00")
    assert json.dumps(printed[0])


def test_what_the_shadow_has_just_bought_has_its_row_in_the_first_file_too(tmp_path: Path) -> None:
    made = TradingAccount(tmp_path, bars("AAA"))
    made.trade(day(0), offer("AAA", day(0)))
    files = []
    for clock in ("16:10", "16:20"):
        made.go(day(0), clock)
        assert made.generate("--no-report").code == 0
        files.append(made.signal(day(1), "nwl_p4"))
    first, second = files
    assert first["content_sha256"] == second["content_sha256"]
    assert [one["position_id"] for one in first["holdings"]] == [1]


def twice(made: TradingAccount, session: date, *offered: Candidate) -> list[list[str]]:
    """Return the contents' hashes of a session's files, as its first and its second run make them."""
    files = []
    for clock in ("09:00", "09:02"):
        made.go(session, clock)
        assert made.generate("--report-file", made.report(session, *offered)).code == 0
        files.append([made.signal(session, strategy)["content_sha256"] for strategy in ("ema_p10", "nwl_p4")])
    return files


def test_i19_bars_that_only_the_shadows_catch_up_needs_change_no_file(tmp_path: Path) -> None:
    """The shadow's unplayed session asks for the bars of BBB, whose candidate of today is out by its verdict."""
    made = TradingAccount(tmp_path, bars("AAA"), bars("BBB"), settings=["strategy.max_positions=1"])
    made.trade(day(0), offer("AAA", day(0), 84), offer("BBB", day(0), 71))
    first, second = twice(made, day(1), offer("BBB", day(1), company="Another Company"))
    assert first == second


def test_i19_the_shadows_exits_stand_in_one_order_in_every_file(tmp_path: Path) -> None:
    made = TradingAccount(tmp_path, bars("AAA"), bars("BBB"), settings=["strategy.max_holding_days=1"])
    made.trade(day(0), offer("BBB", day(0), 84), offer("AAA", day(0), 71))
    first, second = twice(made, day(2))
    assert first == second
    assert [one["ticker"] for one in made.signal(day(2), "nwl_p4")["exits"]] == ["AAA", "BBB"]
