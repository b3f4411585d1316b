"""What people see of three shadows beside the executed strategy, and of one whose configuration has gone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from backtest.model import ExitReason
from live.config_file import load_config
from tests.cli.account import CONFIG, TradingAccount, bars, day, offer
from tests.cli.printed import follow
from tests.cli.three_shadows import configuration, trade_three

IDS = ["nwl_p4", "only_a", "tight"]


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> TradingAccount:
    return trade_three(tmp_path_factory.mktemp("three"))


@contextmanager
def configured(account: TradingAccount, path: Path) -> Iterator[TradingAccount]:
    before, account.config_path = account.config_path, path
    yield account
    account.config_path = before


def rows(text: str, *first: str) -> dict[str, list[str]]:
    """Return the words of the lines that begin with these, by their first word."""
    lines = (line.split() for line in text.splitlines())
    return {words[0]: words[1:] for words in lines if words and words[0] in first}


def test_status_says_which_strategy_sends_orders_and_what_each_shadow_holds(three: TradingAccount) -> None:
    done = three.admin("status")
    assert done.code == 0, done.stderr
    assert rows(done.stdout, "ema_p10", *IDS) == {
        "ema_p10": ["EXECUTED:", "sends", "orders", "3", "0", "0.00"],
        "nwl_p4": ["shadow:", "only", "watched", "3", "0", "0.00", str(day(4))],
        "only_a": ["shadow:", "only", "watched", "1", "0", "0.00", str(day(4))],
        "tight": ["shadow:", "only", "watched", "1", "1", "-846.00", str(day(4))],
    }


def test_status_json_has_every_strategy_and_the_key_of_the_only_shadow(three: TradingAccount) -> None:
    found = three.admin("status", "--json").json
    assert [(one["strategy"], one["role"]) for one in found["strategies"]] == [
        ("ema_p10", "executed"),
        *((one, "shadow") for one in IDS),
    ]
    tight = found["strategies"][3]
    assert (tight["open_positions"], tight["closed_positions"], tight["closed_pnl"]) == (1, 1, "-846.00")
    assert tight["played_through"] == str(day(4))
    assert found["pnl"]["shadow_closed_ever"] == "0.00"


def test_a_book_whose_shadow_has_left_the_configuration_is_still_told(three: TradingAccount) -> None:
    with configured(three, CONFIG):
        status, doctor = three.admin("status"), three.admin("doctor", "--json")
    assert rows(status.stdout, "tight") == {
        "tight": ["shadow", "before,", "book", "kept", "1", "1", "-846.00", "2026-02-06"]
    }
    (check,) = [one for one in doctor.json["checks"] if one["name"] == "shadows"]
    assert check["detail"] == f"nwl_p4 played through {day(4)}; kept, not configured any more: only_a, tight"


def test_a_shadow_without_a_book_yet_has_no_numbers(tmp_path: Path) -> None:
    account = TradingAccount(tmp_path, bars("AAA"), config_path=configuration(tmp_path))
    status, doctor = account.admin("status"), account.admin("doctor", "--json")
    assert rows(status.stdout, "tight") == {
        "tight": ["shadow:", "only", "watched,", "not", "begun", "yet", "-", "-", "-"]
    }
    assert account.admin("status", "--json").json["strategies"][1]["closed_pnl"] is None
    (check,) = [one for one in doctor.json["checks"] if one["name"] == "shadows"]
    assert check["detail"] == "nwl_p4, only_a, tight: no book yet, begins with the next signal generator"


def test_without_a_shadow_status_names_the_executed_strategy_alone(tmp_path: Path) -> None:
    account = TradingAccount(tmp_path, bars("AAA"), config_path=configuration(tmp_path, "  shadow: none\n"))
    found = account.admin("status", "--json").json
    assert [one["strategy"] for one in found["strategies"]] == ["ema_p10"]
    assert found["pnl"]["shadow_closed_ever"] is None
    assert account.admin("shadows").stdout.startswith("there is no state DB")


def test_a_shadow_that_is_the_executed_strategy_keeps_no_book(tmp_path: Path) -> None:
    same = "  shadow:\n    trailing_stop: weekly_ema\n    period: 10\n"
    account = TradingAccount(tmp_path, bars("AAA"), config_path=configuration(tmp_path, same))
    assert "shadow: the executed one, no book" in account.admin("status").stdout
    (check,) = [one for one in account.admin("doctor", "--json").json["checks"] if one["name"] == "shadows"]
    assert check["detail"] == "ema_p10 is the executed strategy itself and keeps no book"


def test_shadows_shows_each_with_what_it_has_otherwise_and_says_what_a_choice_among_them_is_worth(
    three: TradingAccount,
) -> None:
    done = three.admin("shadows", "--manifest", three.manifest)
    assert done.code == 0, done.stderr
    said = done.stdout
    assert "3 shadows beside ema_p10 (executed)" in said
    assert rows(said.partition("The more")[0], *IDS) == {
        "nwl_p4": ["2026-02-02", "5", "0", "0", "+0.00", "too", "early"],
        "only_a": ["2026-02-02", "5", "0", "0", "+0.00", "too", "early"],
        "tight": ["2026-02-02", "5", "1", "0", "-846.00", "too", "early"],
    }
    flat = " ".join(said.split())
    assert "So each interval below is a 98.3 % one: all 3 hold together at 95 % (Bonferroni)" in flat
    assert "the shadow has max_positions 1 (executed 20), stop_loss_pct 5 (executed 10)" in flat
    assert "the shadow has trailing_stop weekly_nweek_low (executed weekly_ema), period 4 (executed 10)" in flat
    assert "no 98.3 % interval: it takes 8 weeks with entries" in flat


def test_shadows_json_has_the_same(three: TradingAccount) -> None:
    found = three.admin("shadows", "--json", "--manifest", three.manifest).json
    assert [one["strategy"] for one in found["shadows"]] == IDS
    only_a = found["shadows"][1]
    assert only_a["otherwise"] == {"min_grade": {"executed": "D", "shadow": "A"}}
    assert (only_a["compared_shadows"], only_a["bootstrap"]["level_pct"]) == (3, 98.3333)
    assert only_a["to_follow"]["settings"] == {}
    assert only_a["to_follow"]["lines"][:3] == ["strategy:", "  min_grade: A", "  primary:"]
    assert (found["not_begun"], found["not_configured"]) == ([], [])


def test_shadows_names_the_books_of_those_not_configured_any_more(three: TradingAccount) -> None:
    with configured(three, CONFIG):
        done = three.admin("shadows")
    assert "kept, not configured any more and not compared: only_a, tight" in " ".join(done.stdout.split())
    assert "nwl_p4 (shadow)" in done.stdout
    assert "shadows beside" not in done.stdout


def test_explain_tells_what_each_shadow_decided_and_why_it_is_not_what_was_executed(three: TradingAccount) -> None:
    said = " ".join(three.admin("explain", "BBB", str(day(0))).stdout.split()).partition(" shadows ")[2]
    assert said == (
        "nwl_p4 (only watched): to be bought "
        "only_a (only watched): not bought, below_min_grade: its grade is worse than min_grade "
        "only_a has min_grade A (executed D) "
        "tight (only watched): not bought, capacity_full: every slot was taken by holdings and by those ranked before "
        "it "
        "tight has max_positions 1 (executed 20), stop_loss_pct 5 (executed 10)"
    )


def test_explain_json_has_every_shadow_with_what_it_has_otherwise(three: TradingAccount) -> None:
    found = three.admin("explain", "BBB", str(day(0)), "--json").json
    assert [(one["strategy"], one["kind"], one["reason"]) for one in found["shadows"]] == [
        ("nwl_p4", "buy", None),
        ("only_a", "skip", "below_min_grade"),
        ("tight", "skip", "capacity_full"),
    ]
    assert found["shadows"][1]["otherwise"] == {"min_grade": {"executed": "D", "shadow": "A"}}
    assert [one["strategy"] for one in found["shadow"]] == IDS


def test_explain_says_of_a_shadow_that_decided_nothing_that_it_does_not_hold_the_stock(three: TradingAccount) -> None:
    said = three.admin("explain", "CCC", str(day(5))).stdout
    assert "only_a (only watched): nothing decided, it does not hold it" in said
    assert "tight (only watched): held, not sold\n" in said


def test_explain_tells_what_shadows_decided_on_a_morning_whose_run_was_refused(tmp_path: Path) -> None:
    account = trade_three(tmp_path)
    (tmp_path / "KILL").touch()
    account.go(day(6), "09:00")
    done = account.generate("--report-file", account.report(day(6), offer("BBB", day(6), 90, price="92")))
    assert done.code == 3
    (tmp_path / "KILL").unlink()
    found = account.admin("explain", "BBB", str(day(6)), "--json").json
    assert [(one["strategy"], one["kind"], one["reason"]) for one in found["shadows"]] == [
        ("nwl_p4", "skip", "duplicate_ticker"),
        ("only_a", "skip", "below_min_grade"),
        ("tight", "skip", "capacity_full"),
    ]


def test_trades_of_a_shadow_are_shown_as_none_of_the_account(three: TradingAccount) -> None:
    done = three.admin("trades", "--strategy", "tight")
    assert done.code == 0, done.stderr
    assert done.stdout.startswith("tight, a shadow: only watched, nothing of it was traded\n")
    assert rows(done.stdout, "AAA")["AAA"][:2] == [str(day(0)), "100.00"]
    assert "P&L -846.00; fees: none, a shadow sends no order" in done.stdout
    assert "1 open position not included" in done.stdout
    found = three.admin("trades", "--strategy", "tight", "--json").json
    assert (found["strategy"], found["is_shadow"], found["open_positions"]) == ("tight", True, 1)
    assert [(one["ticker"], one["strategy"], one["shares"], one["pnl"]) for one in found["trades"]] == [
        ("AAA", "tight", 100, "-846.00")
    ]


def test_trades_of_the_executed_strategy_and_of_an_unknown_one(three: TradingAccount) -> None:
    assert three.admin("trades", "--strategy", "ema_p10").stdout.startswith("ema_p10, traded in the account\n")
    assert three.admin("trades", "--json").json["strategy"] is None
    done = three.admin("trades", "--strategy", "tigth")
    assert (done.code, "strategy not known: tigth (expected one of ema_p10, nwl_p4, only_a, tight)" in done.stderr) == (
        2,
        True,
    )


def test_trades_of_a_shadow_that_has_left_the_configuration_are_still_there(three: TradingAccount) -> None:
    with configured(three, CONFIG):
        assert len(three.admin("trades", "--strategy", "tight", "--csv").stdout.splitlines()) == 2


def test_parity_sets_each_shadow_beside_its_own_simulation(three: TradingAccount) -> None:
    done = three.admin("parity", "--report-dir", three.reports)
    assert done.code == 0, done.stderr
    flat = " ".join(done.stdout.split())
    for strategy, count in (("nwl_p4", "3 trades"), ("only_a", "1 trade"), ("tight", "2 trades")):
        said = f"shadow {strategy}, {day(0)} to {day(4)}: {count}, its simulation {count[0]}, equal in everything"
        assert said in flat
    found = three.admin("parity", "--report-dir", three.reports, "--json").json
    assert [(one["strategy"], one["trades"], one["differences"]) for one in found["shadows"]] == [
        ("nwl_p4", 3, []),
        ("only_a", 1, []),
        ("tight", 2, []),
    ]


def test_parity_names_what_a_shadows_book_has_otherwise_than_its_simulation(tmp_path: Path) -> None:
    account = trade_three(tmp_path)
    with account.db() as db:
        (held,) = db.shadow.active("only_a")
        db.shadow.close(held.position_id, day=day(4), price=900_000, reason=ExitReason.TREND_BREAK, pnl=-1)
    said = account.admin("parity", "--report-dir", account.reports, "--json").json["shadows"][1]["differences"]
    assert f"{day(0)} AAA only_a exit_reason: live trend_break, simulator open" in said


def test_parity_says_why_a_shadow_is_not_compared(three: TradingAccount, tmp_path: Path) -> None:
    scan = configuration(tmp_path, "  shadows:\n    - id: late\n      min_grade: A\n")
    with configured(three, scan):
        done = three.admin("parity", "--report-dir", three.reports)
    assert "shadow late: not compared, it has not played a session yet" in done.stdout


def with_lines(path: Path, lines: list[str]) -> None:
    """Put the lines of a `strategy:` section into a configuration as `shadows` says: in place of what they name."""
    names = {line.strip().partition(":")[0] for line in lines if line.startswith("  ") and line[2] != " "}
    kept, is_dropped = [], False
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.startswith("   "):
            name = line.strip().partition(":")[0] if line.startswith("  ") else ""
            is_dropped = name in {*names, "shadow", "shadows"}
        if not is_dropped:
            kept.append(line)
            if line.startswith("strategy:"):
                kept += lines[1:]
    path.write_text("\n".join(kept) + "\n", encoding="utf-8")


def test_what_is_printed_to_follow_a_shadow_makes_it_the_executed_strategy_and_the_others_go_on(tmp_path: Path) -> None:
    """tight is followed: it keeps its name and its stop, and every other strategy decides as before, as a shadow."""
    account = trade_three(tmp_path)
    said = account.admin("shadows", "-v", "--manifest", account.manifest).stdout.splitlines()
    begin = next(i for i, line in enumerate(said) if line.startswith("To execute tight"))
    command = next(line for line in said[begin:] if "python -m backtest manifest" in line)
    lines = said[said.index("strategy:", begin) : said.index(command, begin)]
    with_lines(account.config_path, lines)
    assert [done.code for done in follow(account, command)] == [0]
    before = {one.strategy_id: account.config.strategy.as_shadow(one) for one in account.config.strategy.shadows}
    after = load_config(account.config_path, account.settings).strategy
    assert after.primary.strategy_id == "tight"
    for name, params in {**before, "ema_p10": account.config.strategy}.items():
        now = after if name == "tight" else after.as_shadow(next(o for o in after.shadows if o.strategy_id == name))
        assert replace(now, shadows=()) == replace(params, shadows=(), primary=now.primary)
        assert now.primary.strategy_id == name
    account.trade(day(6), offer("BBB", day(6), 90, price="92"))
    assert [line["reason"] for line in account.signal(day(6), "tight")["skipped"]] == ["duplicate_ticker"]
    lines_now = rows(account.admin("status").stdout, "tight", "only_a", "nwl_p4", "ema_p10")
    assert lines_now["only_a"][:3] == ["shadow:", "only", "watched"]
    assert lines_now["only_a"][-1] == str(day(5))
    assert "ema_p10 (shadow) has not played a session yet" in account.admin("shadows").stdout
