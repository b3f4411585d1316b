"""A rotation and its funds: one pair, judged once when the plan is accepted (F136)."""

from __future__ import annotations

from pathlib import Path

import pytest

from backtest.bars import BarSeries
from live.admin import main as admin
from live.run.runtime import Runtime
from live.sim.faults import OrderFaultKind
from tests.cli.done import run_command
from tests.cli.lab import DEFAULT, Lab, make_lab
from tests.faults.ending import Rerun, State, begins, fault_ends
from tests.live.sim.market import QUIET, bars, quiet_bars


def rotating(folder: Path, *series: BarSeries, left: int) -> Lab:
    """AAA and BBB fill the book since session 0, so much is left; CCC is to replace AAA. Session 1, 09:20.

    CCC needs 1,081.50 USD (ten at 103.00, and 5 %), the sell of AAA is counted to bring 950.00 (ten at 100.00, less
    5 %), 5,000.00 must stay: 5,131.50 are needed.
    """
    lab = make_lab(folder, *series, settings=["strategy.max_positions=2"], cash=left + 2_000)
    lab.hold("AAA", "BBB")
    lab.go(0, "16:30").issue(1, rotate={"CCC": "AAA"}, reference="103.00")
    return lab.go(1, "09:20")


@pytest.fixture(scope="module")
def short_before(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    return rotating(tmp_path_factory.mktemp("short"), left=5_131)


@pytest.fixture
def short(short_before: Lab, tmp_path: Path) -> Lab:
    return short_before.copy_to(tmp_path)


@pytest.fixture
def just_enough(tmp_path: Path) -> Lab:
    return rotating(tmp_path, left=5_132)


def test_f136_a_rotation_without_funds_sells_nothing_and_leaves_nothing_pending(short: Lab) -> None:
    done = fault_ends(
        "F136",
        short,
        lambda: short.run("place"),
        exit_code=9,
        last_line=begins(
            "error[9] CCC: not bought (insufficient_funds: CCC needs 1,081.50 USD; the sell of AAA",
            "python -m live.executor --phase poll",
            " after 09:30.",
        ),
        received=[],
        state=State(
            dict.fromkeys(("AAA", "BBB"), "10 at 100.00, stop 90.00"),
            {"20260106_CCC_entry_buy": "abandoned 0/10", "20260106_AAA_exit_sell": "abandoned 0/10"},
        ),
        rerun=Rerun(0),
    )
    assert "CCC is not bought and AAA is kept" in done.stdout
    for name in ("20260106_CCC_entry_buy", "20260106_AAA_exit_sell"):
        row = short.order(name)
        assert (row.status, row.end_reason) == ("abandoned", "insufficient_funds")
    assert short.positions()["AAA"].pending_exit_reason is None
    assert short.agrees()


def test_f136_the_same_command_again_and_the_rest_of_the_day_have_nothing_to_do(short: Lab) -> None:
    short.run("place")
    assert short.run("place").code == 0
    done = short.go(1, "09:31").run("poll")
    assert done.code == 0, done.stderr
    assert "needs a hand: nothing" in done.stdout
    assert short.go(1, "15:45").run("protect").code == 0
    assert set(short.positions()) == {"AAA", "BBB"}
    assert short.agrees()


def test_f136_a_dry_run_says_so_and_accepts_nothing(short: Lab) -> None:
    done = short.run("place", "--dry-run")
    assert done.code == 0, done.stderr
    assert "CCC is not bought and AAA is kept" in done.stdout
    with short.look() as db:
        plan = db.plans.latest("ema_p10")
    assert plan is not None
    assert plan.trade_date.isoformat() == "2026-01-05"


def test_f136_a_replacement_that_its_sell_pays_for_stays_planned_until_it_has_sold(just_enough: Lab) -> None:
    sale, entry = "20260106_AAA_exit_sell", "20260106_CCC_entry_buy"
    ten = "10 at 100.00, stop 90.00"
    done = fault_ends(
        "F136",
        just_enough,
        lambda: just_enough.run("place"),
        exit_code=0,
        last_line="",
        received=["DELETE 20260105_AAA_stop_sell", f"POST {sale}"],
        state=State({"AAA": ten, "BBB": ten}, {sale: "accepted 0/10", entry: "planned 0/10"}),
        rerun=Rerun(
            0,
            received=[f"POST {entry}", "PATCH 20260106_CCC_stop_sell"],
            state=State({"BBB": ten, "CCC": ten}, closed={"AAA": "10 rotated_out at 100.00"}),
            mend=lambda: just_enough.go(1, "09:31"),
            run=lambda: just_enough.run("poll"),
        ),
    )
    assert "next step:    python -m live.executor --phase poll" in done.stdout
    assert done.stdout.endswith(" after 09:30\n")


def test_f136_a_sell_that_brings_less_than_was_counted_leaves_no_successor_without_funds(tmp_path: Path) -> None:
    fallen = bars("AAA", [QUIET, QUIET, (92.0, 92.0, 92.0, 92.0), QUIET])
    lab = rotating(tmp_path, fallen, quiet_bars("BBB"), quiet_bars("CCC"), left=5_132)
    assert lab.run("place").code == 0
    lab.go(1, "09:31")
    fault_ends(
        "F136",
        lab,
        lambda: lab.run("poll"),
        exit_code=0,
        last_line="",
        received=["POST 20260106_CCC_entry_buy", "PATCH 20260106_CCC_stop_sell"],
        state=State(
            dict.fromkeys(("BBB", "CCC"), "10 at 100.00, stop 90.00"), closed={"AAA": "10 rotated_out at 92.00"}
        ),
        rerun=Rerun(0),
    )


def test_f136_a_sell_that_does_not_fill_keeps_its_successor_waiting_until_the_cutoff(just_enough: Lab) -> None:
    just_enough.break_orders(OrderFaultKind.NO_FILL, "AAA", side="sell")
    assert just_enough.run("place").code == 0
    just_enough.go(1, "09:31")
    held = dict.fromkeys(("AAA", "BBB"), "10 at 100.00, stop 90.00")
    sale, entry = "20260106_AAA_exit_sell", "20260106_CCC_entry_buy"
    working = "error[9] AAA: its sell is still working. Run --phase poll again."
    fault_ends(
        "F136",
        just_enough,
        lambda: just_enough.run("poll"),
        exit_code=9,
        last_line=working,
        received=[],
        state=State(held, {sale: "new 0/10", entry: "planned 0/10"}),
        rerun=Rerun(
            9,
            working,
            state=State(held, {sale: "new 0/10", entry: "abandoned 0/10"}),
            mend=lambda: just_enough.go(1, "09:36"),
        ),
    )
    assert just_enough.order(entry).end_reason == "insufficient_funds"


def test_f136_a_replacement_that_funds_cover_alone_is_queued_with_its_sell(tmp_path: Path) -> None:
    lab = rotating(tmp_path, left=6_082)
    done = lab.run("place")
    assert done.code == 0, done.stderr
    assert lab.order("20260106_CCC_entry_buy").is_working


def test_f136_a_holding_that_was_kept_can_be_closed_by_hand_the_same_day(short: Lab) -> None:
    short.run("place")
    short.go(1, "10:00")
    options = ["--config", str(DEFAULT), "--state-db", str(short.state_db), "--broker", "sim"]
    done = run_command(admin, ["close", "AAA", "--yes", *options], Runtime(short.broker))
    assert done.code == 0, done.stderr
    assert set(short.positions()) == {"BBB"}
