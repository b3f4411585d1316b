"""F109: a setting that is changed between the signal file and the end of its day never strands that day."""

from __future__ import annotations

from pathlib import Path

import pytest

from live.config_file import load_config
from tests.builders import put_manifest
from tests.cli.account import TradingAccount, day, offer
from tests.cli.bad_input import ready, refused, written
from tests.cli.done import Done
from tests.cli.lab import Lab, make_lab
from tests.cli.printed import follow
from tests.faults.ending import UNCHANGED, Rerun, State, begins, fault_ends

ENTRY, HELD = "20260202_AAA_entry_buy", "100 at 100.00, stop 90.00"


def change(account: TradingAccount | Lab, setting: str) -> None:
    """Edit the configuration: every run from now on reads this."""
    account.settings = (*account.settings, setting)


def new_strategy(account: TradingAccount, setting: str) -> None:
    """Change a parameter, and make the manifest that both programs then ask for."""
    change(account, setting)
    put_manifest(account.manifest, load_config(Path("configs/default.yaml"), account.settings).strategy)


@pytest.fixture
def placed(ready_before: TradingAccount, tmp_path: Path) -> TradingAccount:
    """09:25 of the first day: the entry of AAA is queued for the open."""
    account = ready_before.copy_to(tmp_path)
    assert account.execute("place").code == 0
    return account.go(day(0), "09:25")


@pytest.mark.parametrize(
    "setting", ["execution.poll_timeout_s=61", "execution.max_workers=1", "safety.max_position_usd=20000"]
)
def test_f109_execution_and_safety_bind_no_day_and_what_changed_is_told(tmp_path: Path, setting: str) -> None:
    """Between the generator and `place`, and again between `place` and `poll`."""
    name, _, value = setting.partition("=")
    account = ready(tmp_path)
    change(account, setting)
    done = fault_ends(
        "F109",
        account,
        lambda: account.execute("place"),
        exit_code=0,
        last_line="",
        received=[f"POST {ENTRY}"],
        state=State({}, {ENTRY: "accepted 0/100"}),
        rerun=Rerun(0),
    )
    assert f"changed since the signal file of 2026-02-02 was made: {name} is {value}, was " in done.stdout
    change(account, "execution.poll_interval_s=1")
    done = account.go(day(0), "09:31").execute("poll")
    assert done.code == 0, done.stderr
    assert "changed since the plan of 2026-02-02 was accepted: execution.poll_interval_s is 1, was 2" in done.stdout
    assert f"{name} is" not in done.stdout
    assert account.held() == {"AAA": 100}
    assert account.generate("--no-report").code == 0


def test_f109_place_again_with_another_poll_timeout_sends_nothing_twice(placed: TradingAccount) -> None:
    change(placed, "execution.poll_timeout_s=90")
    before = written(placed)
    fault_ends(
        "F109",
        placed,
        lambda: placed.execute("place"),
        exit_code=0,
        last_line="",
        received=[],
        state=State({}, {ENTRY: "accepted 0/100"}),
        rerun=Rerun(0),
    )
    assert written(placed) == before


def test_f109_each_run_records_the_settings_it_was_made_with(placed: TradingAccount) -> None:
    change(placed, "execution.poll_timeout_s=90")
    placed.execute("place")
    with placed.look() as db:
        now, before, generated = db.runs.last(3)
    seconds = [row.settings["execution"]["poll_timeout_s"] for row in (generated, before, now) if row.settings]
    assert seconds == [60, 60, 90]
    assert now.settings is not None
    assert (now.settings["strategy"]["stop_loss_pct"], now.settings["safety"]["max_drawdown_pct"]) == ("10", None)


def test_f109_a_stricter_limit_holds_at_once(tmp_path: Path) -> None:
    account = ready(tmp_path)
    change(account, "safety.max_position_usd=500")
    fault_ends(
        "F109 F107",
        account,
        lambda: account.execute("place"),
        exit_code=9,
        last_line=begins("error[9] AAA: not bought (max_position_usd: ", "max_position_usd is 500)"),
        received=[],
        state=State({}, {ENTRY: "abandoned 0/100"}),
        rerun=Rerun(0),
    )


def test_f109_a_stricter_limit_in_mid_day_stops_entries_and_no_stop(tmp_path: Path) -> None:
    lab = make_lab(tmp_path).hold("AAA")
    lab.go(0, "16:30").issue(1, buy=["BBB"])
    assert lab.go(1, "09:20").run("poll").code == 9  # not open yet; the plan is accepted
    (stop,) = lab.market.get("/v2/orders", status="open")
    lab.market.cancel(stop)
    change(lab, "safety.max_orders_per_day=1")
    lab.go(1, "09:31")
    limit = begins("error[11] BBB: ", "the limit is 1")
    fault_ends(
        "F109 F107",
        lab,
        lambda: lab.run("poll"),
        exit_code=11,
        last_line=limit,
        received=["POST 20260105_AAA_stop_sell_2"],
        state=State({"AAA": "10 at 100.00, stop 90.00"}, {"20260106_BBB_entry_buy": "planned 0/10"}),
        rerun=Rerun(11, limit),
    )
    assert lab.agrees()


def test_f109_exits_whose_settings_changed_keep_going_and_nothing_is_naked(tmp_path: Path) -> None:
    lab = make_lab(tmp_path).hold("AAA", "BBB")
    lab.go(0, "16:30").issue(1, sell=["AAA"], buy=["CCC"])
    assert lab.go(1, "09:20").run("place").code == 0
    change(lab, "execution.poll_timeout_s=90")
    lab.go(1, "09:31")
    fault_ends(
        "F109",
        lab,
        lambda: lab.run("poll"),
        exit_code=0,
        last_line="",
        received=["PATCH 20260106_CCC_stop_sell"],
        state=State(
            dict.fromkeys(("BBB", "CCC"), "10 at 100.00, stop 90.00"), closed={"AAA": "10 trend_break at 100.00"}
        ),
        rerun=Rerun(0),
    )


def test_f109_ignored_tickers_heal_a_difference_at_once(tmp_path: Path) -> None:
    lab = make_lab(tmp_path).hold("AAA")
    lab.go(0, "16:30").issue(1, buy=["BBB"])
    lab.go(1, "09:31").market.buy(symbol="DDD", qty="5")
    assert lab.run("poll").code == 4
    change(lab, "execution.ignore_tickers=DDD")
    done = fault_ends(
        "F109",
        lab,
        lambda: lab.run("poll"),
        exit_code=0,
        last_line="",
        received=["POST 20260106_BBB_entry_buy", "PATCH 20260106_BBB_stop_sell"],
        state=State(dict.fromkeys(("AAA", "BBB"), "10 at 100.00, stop 90.00")),
        rerun=Rerun(0),
    )
    assert "execution.ignore_tickers is DDD, was []" in done.stdout


def test_f109_a_manifest_made_anew_with_the_same_parameters_strands_no_day(placed: TradingAccount) -> None:
    placed.manifest.write_text(placed.manifest.read_text().replace('"git_sha": "', '"git_sha": "other-'))
    placed.go(day(0), "09:31")
    fault_ends(
        "F109",
        placed,
        lambda: placed.execute("poll"),
        exit_code=0,
        last_line="",
        received=[],
        state=State({"AAA": HELD}),
        rerun=Rerun(0),
    )


# the strategy binds


def test_f134_a_strategy_changed_before_place_needs_a_new_file_and_has_one_way_out(tmp_path: Path) -> None:
    account = ready(tmp_path)
    new_strategy(account, "strategy.stop_loss_pct=8")
    report = account.report(day(0), offer("AAA", day(0)))
    fault_ends(
        "F134",
        account,
        lambda: account.execute("place"),
        exit_code=5,
        last_line=begins("error[5] ", "strategy.stop_loss_pct is 8, was 10", "signal generator"),
        received=[],
        state=UNCHANGED,
        rerun=Rerun(
            0,
            received=[f"POST {ENTRY}"],
            state=State({}, {ENTRY: "accepted 0/100"}),
            mend=lambda: account.generate("--report-file", report),
        ),
    )


@pytest.mark.parametrize(
    ("setting", "program"),
    [
        ("strategy.stop_loss_pct=8", "poll"),
        ("strategy.primary.period=12", "poll"),
        ("strategy.min_score=50", "generator"),
    ],
)
def test_f134_a_strategy_changed_after_place_is_5_and_the_printed_commands_finish_the_day(
    placed: TradingAccount, setting: str, program: str
) -> None:
    new_strategy(placed, setting)
    name, _, value = setting.partition("=")
    placed.go(day(0), "09:31")
    ended: list[Done] = []

    def run() -> Done:
        ended.append(placed.generate("--no-report") if program == "generator" else placed.execute("poll"))
        return ended[0]

    def as_printed() -> Done:
        made, finished = follow(placed, ended[0].last_line)
        assert made.code == 0
        return finished

    fault_ends(
        "F134",
        placed,
        run,
        exit_code=5,
        last_line=begins(
            f"error[5] the strategy was changed after the plan of 2026-02-02 was accepted: {name} is {value}, was "
        ),
        received=[],
        state=State({"AAA": HELD}, {ENTRY: "filled 100/100"}) if program == "generator" else UNCHANGED,
        rerun=Rerun(0, state=State({"AAA": HELD}), run=as_printed),
    )
    placed.go(day(1), "09:00")
    assert placed.generate("--no-report").code == 0  # the new one holds from the next trade date on


def test_f134_a_parameter_edited_after_place_names_the_plan_and_no_new_manifest(placed: TradingAccount) -> None:
    change(placed, "strategy.stop_loss_pct=8")
    placed.go(day(0), "09:31")
    ended: list[Done] = []

    def poll() -> Done:
        ended.append(placed.execute("poll"))
        return ended[0]

    def as_printed() -> Done:
        made, finished = follow(placed, ended[0].last_line)
        assert made.code == 0
        return finished

    fault_ends(
        "F134",
        placed,
        poll,
        exit_code=5,
        last_line=begins("error[5] ", "plan of 2026-02-02", "strategy.stop_loss_pct is 8, was 10"),
        received=[],
        state=UNCHANGED,
        rerun=Rerun(0, state=State({"AAA": HELD}), run=as_printed),
    )


def test_f134_protect_needs_no_strategy_and_tells_the_change(placed: TradingAccount) -> None:
    new_strategy(placed, "strategy.stop_loss_pct=8")
    placed.go(day(0), "09:31")
    done = fault_ends(
        "F134",
        placed,
        lambda: placed.execute("protect"),
        exit_code=0,
        last_line="",
        received=[],
        state=State({"AAA": HELD}),
        rerun=Rerun(0),
    )
    assert "strategy.stop_loss_pct is 8, was 10" in done.stdout


def test_f134_a_manifest_refusal_names_the_command_for_the_parameters_in_force(tmp_path: Path) -> None:
    account = ready(tmp_path)
    change(account, "strategy.stop_loss_pct=8")
    done = account.execute("place")
    refused(done, 5, "stop_loss_pct")
    assert [one.code for one in follow(account, done.last_line)][:1] == [0]
    refused(account.execute("place"), 5, "strategy.stop_loss_pct is 8, was 10", "signal generator")
