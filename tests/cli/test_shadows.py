"""`admin shadows`: the executed strategy against its shadow, and the way to follow it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.account import HISTORY, TradingAccount, bars, day, offer
from tests.cli.printed import follow

FALLING = {HISTORY: "100", day(3): "80"}


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TradingAccount]:
    """Six sessions: AAA and BBB were offered, and funds sufficed for AAA; it was stopped out, BBB too."""
    account = TradingAccount(
        tmp_path_factory.mktemp("played"), bars("AAA", FALLING), bars("BBB", FALLING), bars("CCC"), cash="25000"
    )
    account.go(day(0), "09:00")
    account.generate("--report-file", account.report(day(0), offer("AAA", day(0)), offer("BBB", day(0), 70)))
    for phase, clock in (("place", "09:20"), ("poll", "09:31"), ("protect", "15:45")):
        account.go(day(0), clock).execute(phase)
    for n in range(1, 6):
        account.trade(day(n), *([offer("CCC", day(n))] if n == 4 else []))
    return account


def test_both_sides_are_shown_with_every_criterion_and_what_funds_refused(played: TradingAccount) -> None:
    done = played.admin("shadows", "--manifest", played.manifest)
    assert done.code == 0, done.stderr
    said = done.stdout
    assert f"ema_p10 (executed) against nwl_p4 (shadow), {day(0)} to {day(4)}" in said
    cells = {line.split("  ")[0]: line.split() for line in said.splitlines()}
    assert cells["closed trades"][2:5] == ["1", "2", "+1"]
    assert cells["P&L"][1:4] == ["-2,040.00", "-4,080.00", "-2,040.00"]
    assert "entries that only the shadow could take: insufficient_funds 1 (-2,040.00 of 1 closed)" in said
    assert "still open, in none of these numbers: executed 1, shadow 1" in said
    assert "Too early to say: 5 of 90 calendar days, 1 of 100 closed trades on each side; on 2026-05-02" in said
    assert "profit factor live, of 1 closed trade: 0.00; the manifest was made without a run" in said


def test_json_has_the_same_with_stable_names(played: TradingAccount) -> None:
    found = played.admin("shadows", "--json", "--manifest", played.manifest).json
    (one,) = found["shadows"]
    assert (found["executed"], one["strategy"], one["recommendation"]) == ("ema_p10", "nwl_p4", "too_early")
    assert [criterion["name"] for criterion in one["criteria"]] == ["profit factor", "max drawdown %", "P&L"]
    assert one["lost_entries"] == [{"reason": "insufficient_funds", "count": 1, "closed": 1, "pnl_usd": "-2040.00"}]
    assert found["profit_factor"] == {
        "closed_trades": 1,
        "live": 0.0,
        "manifest": None,
        "why": "the manifest was made without a run",
    }


def test_it_changes_no_byte(played: TradingAccount) -> None:
    before = played.tree()
    assert played.admin("shadows").code == 0
    assert played.tree() == before


def test_the_manifests_run_stands_beside_the_account(played: TradingAccount) -> None:
    manifest = json.loads(played.manifest.read_text())
    del manifest["note"]
    metrics = {"trades_without_end_of_data": {"profit_factor": 1.75}}
    path = played.folder / "backed.json"
    path.write_text(json.dumps({**manifest, "backed_by_run": True, "metrics": metrics}))
    assert "of 1 closed trade: 0.00; the manifest's run 1.75" in played.admin("shadows", "--manifest", path).stdout
    path.unlink()
    assert "manifest missing" in played.admin("shadows", "--manifest", path).stdout


def test_before_the_first_session_there_is_nothing_to_compare(tmp_path: Path) -> None:
    account = TradingAccount(tmp_path, bars("AAA"))
    done = account.admin("shadows")
    assert (done.code, account.state_db.exists()) == (0, False)
    assert "nwl_p4 (shadow) has not played a session yet: nothing to compare" in done.stdout


def test_what_is_printed_to_follow_the_shadow_makes_it_the_executed_strategy(played: TradingAccount) -> None:
    """Last in this file: from here on the account trades another strategy. Its open position goes on."""
    said = played.admin("shadows", "-v", "--manifest", played.manifest).stdout
    played.settings += tuple(
        line.strip().replace(": ", "=") for line in said.splitlines() if line.startswith("  strategy.")
    )
    command = next(line for line in said.splitlines() if "python -m backtest manifest" in line)
    for setting in played.settings[-4:]:  # in the configuration file, which the command names
        command = command.replace(" --out", f" --set {setting.removeprefix('strategy.')} --out")
    assert [done.code for done in follow(played, command)] == [0]
    played.trade(day(6))
    assert played.signal(day(6), "nwl_p4")["exits"] == []
    assert played.held() == {"CCC": 100}
    assert "ema_p10 (shadow) has not played a session yet" in played.admin("shadows").stdout
