"""Loss limits: what trips them, what stays on, and what it takes to trade again; the limit of one entry's size."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from live.admin import main
from live.run.runtime import Runtime
from live.sim.faults import RequestFault
from live.state_db.records import KillSwitch
from tests.cli.done import Done, run_command
from tests.cli.lab import DEFAULT, Lab, make_lab
from tests.fault_actions import change_answer
from tests.faults.ending import UNCHANGED, Rerun, State, begins, fault_ends

HELD = dict.fromkeys(("AAA", "BBB"), "10 at 100.00, stop 90.00")
LINES = ("20260106_AAA_exit_sell", "20260106_CCC_entry_buy")
TRADED = ["DELETE 20260105_AAA_stop_sell", *(f"POST {one}" for one in LINES)]
DRAWDOWN = "safety.max_drawdown_pct=10"
DAILY_LOSS = "safety.max_daily_loss_pct=10"
REFUSE = "safety.on_trip=refuse"


def at_a_loss(folder: Path, *settings: str) -> Lab:
    """AAA and BBB are held. Before the next open AAA is to be sold and CCC bought; a fifth of the equity is gone."""
    lab = make_lab(folder, settings=settings).hold("AAA", "BBB")
    lab.issue(1, sell=["AAA"], buy=["CCC"])
    lose(lab)
    return lab.go(1, "09:20")


def lose(lab: Lab) -> None:
    less = change_answer(lambda account: account | {"equity": "80000", "last_equity": "100000"})
    lab.break_requests(RequestFault("GET", "/v2/account", less, times=None))


def admin(lab: Lab, *words: str) -> Done:
    args = [*words, "--config", str(DEFAULT), "--state-db", str(lab.state_db)]
    for setting in lab.settings:
        args += ["--set", setting]
    return run_command(main, args, Runtime(lab.broker))


def switch(lab: Lab) -> KillSwitch:
    with lab.look() as db:
        return db.system_config.kill_switch()


def traded(lab: Lab) -> list[str]:
    return [write for write in lab.writes if "entry" in write or "exit" in write]


@pytest.mark.parametrize(("limit", "word"), [(DRAWDOWN, "drawdown"), (DAILY_LOSS, "daily loss")])
def test_f107_a_loss_ends_11_and_turns_the_kill_switch_on_which_stays(tmp_path: Path, limit: str, word: str) -> None:
    lab = at_a_loss(tmp_path, limit)
    fault_ends(
        "F107",
        lab,
        lambda: lab.run("place"),
        exit_code=11,
        last_line=begins(f"error[11] {word}: ", "turns the kill switch on"),
        received=[],
        state=State(HELD, dict.fromkeys(LINES, "planned 0/10"), kill_switch=True),
        rerun=Rerun(3, begins("error[3] kill switch is ON since ", word), mend=lab.mend),  # the equity is back
    )
    assert word in str(switch(lab).why)
    assert admin(lab, "kill-switch", "off").code == 0
    assert (lab.run("place").code, len(traded(lab))) == (0, 2)


@pytest.mark.parametrize("limit", [DRAWDOWN, DAILY_LOSS])
def test_f107_with_refuse_it_is_11_while_the_loss_holds_and_nothing_stays(tmp_path: Path, limit: str) -> None:
    lab = at_a_loss(tmp_path, limit, REFUSE)
    for phase in ("place", "place", "protect"):
        assert (lab.run(phase).code, traded(lab), switch(lab).on) == (11, [], False)
    fault_ends(
        "F107",
        lab,
        lambda: lab.run("place"),
        exit_code=11,
        last_line=begins("error[11] d"),
        received=[],
        state=UNCHANGED,
        rerun=Rerun(0, received=TRADED, state=State(HELD, dict.fromkeys(LINES, "accepted 0/10")), mend=lab.mend),
    )


BOTH = (("kill-switch", "off"), ("limits", "reset-peak", "--reason", "it is over"))


@pytest.mark.parametrize("order", [BOTH, BOTH[::-1]])
def test_f107_after_a_drawdown_both_the_switch_and_the_peak_have_to_be_reset_in_either_order(
    tmp_path: Path, order: tuple[tuple[str, ...], ...]
) -> None:
    lab = at_a_loss(tmp_path, DRAWDOWN)
    assert lab.run("place").code == 11
    first, second = order
    done = admin(lab, *first)
    assert done.code == 0, done.stderr
    assert f"To trade again also: python -m live.admin {' '.join(second[:2])}" in done.stdout
    done = admin(lab, *second)
    assert (done.code, "To trade again" in done.stdout) == (0, False)
    assert (lab.run("place").code, len(traded(lab))) == (0, 2)


def test_f107_with_one_of_the_two_nothing_is_traded(tmp_path: Path) -> None:
    lab = at_a_loss(tmp_path, DRAWDOWN)
    assert lab.run("place").code == 11
    admin(lab, *BOTH[0])
    fault_ends(
        "F65 F107",
        lab,
        lambda: lab.run("place"),
        exit_code=11,
        last_line=begins("error[11] drawdown: ", "turns the kill switch on"),
        received=[],
        state=State(HELD, dict.fromkeys(LINES, "planned 0/10"), kill_switch=True),
        rerun=Rerun(3, begins("error[3] kill switch is ON since "), mend=lambda: admin(lab, *BOTH[1])),
    )


def test_f107_protect_asks_the_loss_limits_after_its_stops_and_cancels_what_is_queued(tmp_path: Path) -> None:
    lab = make_lab(tmp_path, settings=[DRAWDOWN]).hold("AAA")
    lab.issue(1, buy=["CCC"])
    assert lab.go(1, "09:20").run("place").code == 0
    (stop,) = [
        one for one in lab.market.get("/v2/orders", status="open") if one["type"] == "stop" and one["symbol"] == "AAA"
    ]
    lab.market.cancel(stop)
    lose(lab)
    fault_ends(
        "F107",
        lab,
        lambda: lab.run("protect"),
        exit_code=11,
        last_line=begins("error[11] drawdown: ", "turns the kill switch on"),
        received=["POST 20260105_AAA_stop_sell_2", f"DELETE {LINES[1]}"],
        state=State({"AAA": HELD["AAA"]}, {LINES[1]: "canceled 0/10"}, kill_switch=True),
        rerun=Rerun(0),  # the switch is on already: nothing new, nobody is called again
    )
    assert "kill switch is ON" in lab.run("protect").stdout


def test_f107_a_position_below_its_stop_is_sold_before_the_switch_goes_on(tmp_path: Path) -> None:
    lab = at_a_loss(tmp_path, DRAWDOWN)
    lab.go(1, "10:00")
    (stop,) = [one for one in lab.market.get("/v2/orders", status="open") if one["symbol"] == "BBB"]
    lab.market.cancel(stop)
    with lab.db() as db, db.transaction():  # as if the market had fallen below it
        db.connection.write("UPDATE positions SET stop_price = 1200000 WHERE ticker = 'BBB'")
    fault_ends(
        "F107",
        lab,
        lambda: lab.run("poll"),
        exit_code=11,
        last_line=begins("error[11] drawdown: ", "turns the kill switch on"),
        received=["POST 20260105_BBB_stop_sell_2", "POST 20260106_BBB_exit_sell"],
        state=State(
            {"AAA": HELD["AAA"]},
            {LINES[0]: "planned 0/10", LINES[1]: "abandoned 0/10"},
            {"BBB": "10 stop_loss at 99.61"},
            kill_switch=True,
        ),
        rerun=Rerun(3, begins("error[3] kill switch is ON since ")),
    )


def test_f107_an_entry_that_is_too_large_is_named_and_everything_else_goes_on(tmp_path: Path) -> None:
    lab = make_lab(tmp_path, settings=["safety.max_position_usd=1010"]).hold("AAA")
    lab.issue(1, sell=["AAA"], buy=["BBB", "CCC"], shares_of={"BBB": 11})
    lab.go(1, "09:20")
    fault_ends(
        "F107",
        lab,
        lambda: lab.run("place"),
        exit_code=9,
        last_line=begins("error[9] BBB: not bought (max_position_usd: 1,111.00 USD, max_position_usd is 1010)"),
        received=["DELETE 20260105_AAA_stop_sell", "POST 20260106_AAA_exit_sell", "POST 20260106_CCC_entry_buy"],
        state=State(
            {"AAA": "10 at 100.00, stop 90.00"},
            {"20260106_AAA_exit_sell": "accepted 0/10", "20260106_CCC_entry_buy": "accepted 0/10"}
            | {"20260106_BBB_entry_buy": "abandoned 0/11"},
        ),
        rerun=Rerun(0),
    )
    assert (lab.go(1, "09:31").run("poll").code, set(lab.positions())) == (0, {"CCC"})
    assert not switch(lab).on


def test_f107_an_entry_above_its_share_of_equity_is_named_and_everything_else_goes_on(tmp_path: Path) -> None:
    lab = make_lab(tmp_path, settings=["safety.max_position_pct=1.01"]).hold("AAA")
    lab.issue(1, sell=["AAA"], buy=["BBB", "CCC"], shares_of={"BBB": 11})
    lab.go(1, "09:20")
    fault_ends(
        "F107",
        lab,
        lambda: lab.run("place"),
        exit_code=9,
        last_line=begins("error[9] BBB: not bought (max_position_pct: 1,111.00 USD, max_position_pct is 1.01 of"),
        received=TRADED,
        state=State(
            {"AAA": HELD["AAA"]}, dict.fromkeys(LINES, "accepted 0/10") | {"20260106_BBB_entry_buy": "abandoned 0/11"}
        ),
        rerun=Rerun(0),
    )


def test_f65_the_peak_is_reset_by_a_command_with_a_reason(tmp_path: Path) -> None:
    lab = at_a_loss(tmp_path)
    assert admin(lab, "limits", "reset-peak").code == 2
    done = admin(lab, "limits", "reset-peak", "--reason", "took 20,000 out", "--json")
    assert done.code == 0, done.stderr
    assert done.json["limits"]["peak"] == "80000"
    with lab.look() as db:
        (event,) = [one for one in db.events.newest(kind="config") if one.type == "equity_peak_reset"]
        latest = db.equity.latest()
    assert (event.payload["reason"], event.version) == ("took 20,000 out", 2)
    assert latest is not None
    assert latest.peak == Decimal(80_000)


def test_f65_after_a_withdrawal_the_drawdown_limit_holds_until_the_peak_is_reset(tmp_path: Path) -> None:
    lab = at_a_loss(tmp_path, DRAWDOWN)

    def reset() -> None:
        for words in BOTH:
            assert admin(lab, *words).code == 0

    fault_ends(
        "F65",
        lab,
        lambda: lab.run("place"),
        exit_code=11,
        last_line=begins("error[11] drawdown: equity 80,000.00, ", "kill-switch off", "limits reset-peak"),
        received=[],
        state=State(HELD, dict.fromkeys(LINES, "planned 0/10"), kill_switch=True),
        rerun=Rerun(
            0,
            received=TRADED,
            state=State(HELD, dict.fromkeys(LINES, "accepted 0/10")),
            mend=reset,
        ),
    )


def test_f65_without_the_broker_the_peak_stays(tmp_path: Path) -> None:
    lab = at_a_loss(tmp_path)
    with lab.look() as db:
        before = db.equity.latest()
    done = run_command(
        main, ["limits", "reset-peak", "--reason", "x", "--config", str(DEFAULT), "--state-db", str(lab.state_db)]
    )
    assert done.code == 6
    with lab.look() as db:
        assert db.equity.latest() == before
