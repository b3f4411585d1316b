"""A strategy that scans symbols in the daily programs: what it proposes is bought, what it cannot say buys nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from tests.backtest.sources.worlds import strategy_file
from tests.cli.account import HISTORY, TradingAccount, bars, day, offer
from tests.paths import ROOT

TODAY = day(0)
BUY_AAA = "return [Proposal('AAA', note='the first of its symbols')]"


def account(
    folder: Path,
    body: str = BUY_AAA,
    symbols: Sequence[str] = ("AAA", "BBB"),
    settings: Sequence[str] = (),
    place: str = "primary",
    listed: bool = True,
) -> TradingAccount:
    """Return an account whose executed strategy asks a strategy file of the user's folder."""
    strategy_file(folder / "own", "mine", body)
    (folder / "symbols.txt").write_text("\n".join(symbols) + "\n")
    given = (f"strategies.dir={folder / 'own'}", *settings)
    if place == "primary":
        given += ("strategy.primary.source=mine", f"strategy.primary.symbols_file={folder / 'symbols.txt'}")
    return TradingAccount(folder, bars("AAA"), bars("BBB"), settings=given, named=listed).go(TODAY, "09:00")


STRATEGY = "mine_ema_p10"


def test_what_the_source_proposes_is_bought_without_a_word_about_reports(tmp_path: Path) -> None:
    made = account(tmp_path)
    done = made.generate()
    assert done.code == 0, done.stderr
    signal = made.signal(TODAY, STRATEGY)
    Draft202012Validator(json.loads((ROOT / "signals" / "schema.json").read_text())).validate(signal)
    (entry,) = signal["entries"]
    assert (entry["ticker"], entry["grade"], entry["score"], entry["company_name"]) == (
        "AAA",
        "B",
        None,
        "Aaa Holdings",
    )
    assert signal["inputs"]["reports"] == []
    scan = signal["inputs"]["scan"]
    assert (scan["source"], scan["version"].split("+")[0], scan["symbols_file"]) == (
        "mine",
        "3",
        str(tmp_path / "symbols.txt"),
    )
    made.go(TODAY, "09:20")
    assert made.execute("place").code == 0
    made.go(TODAY, "09:31")
    assert made.execute("poll").code == 0
    assert set(made.held()) == {"AAA"}


def test_a_symbols_file_changed_after_the_plan_is_to_be_put_back_and_protection_goes_on(tmp_path: Path) -> None:
    made = account(tmp_path)
    made.generate()
    assert made.go(TODAY, "09:20").execute("place").code == 0
    (tmp_path / "symbols.txt").write_text("BBB\n")
    done = made.go(TODAY, "09:31").execute("poll")
    assert done.code == 5
    assert "strategy.primary.symbols_sha256 is " in done.stderr
    assert "Put it back until that day is over; python -m live.executor --phase protect" in done.stderr
    assert made.go(TODAY, "15:45").execute("protect").code == 0
    assert made.held() == {"AAA": made.held()["AAA"]}
    for gone in ("symbols.txt", "own/mine.py"):  # nothing of a source keeps shares from being protected
        (tmp_path / gone).unlink()
        assert made.execute("protect").code == 0
        assert made.admin("status").code == 0
    assert made.go(day(1), "09:00").generate().code == 6


def test_the_same_command_twice_gives_the_same_content(tmp_path: Path) -> None:
    made = account(tmp_path)
    made.generate()
    first = made.signal(TODAY, STRATEGY)["content_sha256"]
    made.go(TODAY, "09:05")
    assert made.generate("--no-report").code == 0
    assert made.signal(TODAY, STRATEGY)["content_sha256"] == first


def test_a_dry_run_says_what_would_be_bought_and_writes_nothing(tmp_path: Path) -> None:
    made = account(tmp_path)
    before = made.tree()
    done = made.generate("--dry-run")
    assert done.code == 0
    assert "AAA" in done.stdout
    assert made.tree() == before


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("raise ValueError('no idea')", "ended with ValueError: no idea"),
        ("return [Proposal('AAA'), Proposal('AAA')]", "proposed AAA twice"),
        ("return [Proposal('AAA', score=float('nan'))]", "has the score nan"),
        ("return [Proposal('ZZZ')]", "none of its symbols"),
        ("return [Proposal('AAA', day=history.as_of + timedelta(days=1))]", "expected no day after"),
        ("return 5", "ended with TypeError"),
    ],
)
def test_an_answer_that_is_not_usable_ends_7_and_buys_nothing(body: str, said: str, tmp_path: Path) -> None:
    made = account(tmp_path, body)
    done = made.generate()
    assert (done.code, "candidate source mine" in done.stderr, said in done.stderr) == (7, True, True), done.stderr
    assert not made.signals.exists() or not list(made.signals.iterdir())


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        ("own/mine.py", "STRATEGY_META = {'id': 'mine'\n", "mine.py"),
        ("own/mine.py", "STRATEGY_META = {'id': 'mine', 'name': 'Mine', 'version': '3'}\n", "mine.py"),
        ("symbols.txt", "", "symbols.txt"),
    ],
)
def test_a_file_that_cannot_be_used_ends_7_with_its_name(file: str, content: str, said: str, tmp_path: Path) -> None:
    made = account(tmp_path)
    (tmp_path / file).write_text(content)
    before = made.tree()
    done = made.generate()
    assert (done.code, said in done.stderr) == (7, True), done.stderr
    assert made.tree() == before


def test_an_edited_strategy_file_is_another_strategy(tmp_path: Path) -> None:
    made = account(tmp_path)
    strategy_file(tmp_path / "own", "mine", "return []")
    done = made.generate()
    assert (done.code, "source_version" in done.stderr) == (5, True), done.stderr


def test_an_edited_symbols_file_is_another_strategy(tmp_path: Path) -> None:
    made = account(tmp_path)
    (tmp_path / "symbols.txt").write_text("AAA\n")
    done = made.generate()
    assert (done.code, "symbols_sha256" in done.stderr) == (5, True)


def test_a_source_that_fails_keeps_no_exit_from_being_decided_when_it_is_not_asked(tmp_path: Path) -> None:
    """Two days it answers; then the file raises."""
    last = day(1)
    body = f"return [Proposal('AAA')] if history.as_of < date({last.year}, {last.month}, {last.day}) else 1 / 0"
    made = account(tmp_path, body, settings=("strategy.max_holding_days=1",))
    made.trade(day(0))
    made.trade(day(1))
    made.go(day(2), "09:00")
    failed = made.generate()
    assert (failed.code, "with --no-scan" in failed.stderr) == (7, True)
    alone = made.generate("--no-scan")
    assert alone.code == 0, alone.stderr
    assert "no candidate source is asked" in alone.stdout
    signal = made.signal(day(2), STRATEGY)
    assert ([one["ticker"] for one in signal["exits"]], signal["entries"], signal["candidates"]) == (["AAA"], [], [])


def test_without_a_strategy_that_scans_no_scan_is_refused(tmp_path: Path) -> None:
    made = TradingAccount(tmp_path, bars("AAA")).go(TODAY, "09:00")
    done = made.generate("--no-report", "--no-scan")
    assert (done.code, "no strategy of this configuration scans" in done.stderr) == (2, True)


def test_a_symbol_that_may_have_split_without_a_record_is_not_asked_about(tmp_path: Path) -> None:
    """Its halved price looks like a crash, which a strategy of reversion would buy."""
    strategy_file(tmp_path / "own", "mine", "return [Proposal(ticker) for ticker in history.symbols]")
    (tmp_path / "symbols.txt").write_text("AAA\nBBB\n")
    given = (
        f"strategies.dir={tmp_path / 'own'}",
        "strategy.primary.source=mine",
        f"strategy.primary.symbols_file={tmp_path / 'symbols.txt'}",
    )
    halved = bars("AAA", {HISTORY: "100", day(-1): "50"})
    made = TradingAccount(tmp_path, halved, bars("BBB"), settings=given).go(TODAY, "09:00")
    made.prices.has_all_splits = False
    done = made.generate()
    assert done.code == 0, done.stderr
    assert "as a 2:1 split would, and no split is known; no candidate source is asked about it" in done.stdout
    assert [one["ticker"] for one in made.signal(TODAY, STRATEGY)["entries"]] == ["BBB"]


def test_a_symbol_without_bars_is_told_and_the_others_are_asked(tmp_path: Path) -> None:
    made = account(tmp_path, symbols=("AAA", "NONE"))
    done = made.generate()
    assert done.code == 0
    assert "not asked about 1 symbol (NONE)" in done.stdout
    assert [one["ticker"] for one in made.signal(TODAY, STRATEGY)["entries"]] == ["AAA"]


def test_a_symbol_that_the_price_source_cannot_answer_for_is_told(tmp_path: Path) -> None:
    made = account(tmp_path, "return [Proposal(one) for one in history.symbols]")
    made.prices.failed["BBB"] = "timeout"
    done = made.generate()
    assert done.code == 0, done.stderr
    assert "not asked about 1 symbol (BBB): their prices cannot be judged" in done.stdout
    assert [one["ticker"] for one in made.signal(TODAY, STRATEGY)["entries"]] == ["AAA"]


def test_a_symbol_that_the_directory_lacks_is_doubtful_and_not_bought(tmp_path: Path) -> None:
    made = account(tmp_path, "return [Proposal('ELSE')]", symbols=("AAA", "ELSE"))
    made.prices.series = {**made.prices.series, "ELSE": bars("ELSE")}  # a share of another exchange
    done = made.generate()
    assert done.code == 0, done.stderr
    signal = made.signal(TODAY, STRATEGY)
    (skipped,) = signal["skipped"]
    assert (skipped["ticker"], skipped["reason"], signal["entries"]) == ("ELSE", "problem_in_report", [])
    (candidate,) = signal["candidates"]
    assert (candidate["verdict"], candidate["problem"]) == ("doubtful", "ELSE is not in the directory")


@pytest.mark.parametrize("flag", ["--report-file", "--report-dir"])
def test_reports_that_no_strategy_takes_are_refused(flag: str, tmp_path: Path) -> None:
    made = account(tmp_path)
    done = made.generate(
        flag, str(made.report(TODAY, offer("BBB", TODAY)) if flag == "--report-file" else made.reports)
    )
    assert (done.code, "no strategy of this configuration" in done.stderr) == (2, True)


def test_without_a_scan_a_report_option_is_needed_as_ever(tmp_path: Path) -> None:
    made = TradingAccount(tmp_path, bars("AAA")).go(TODAY, "09:00")
    done = made.generate()
    assert (done.code, "--no-report" in done.stderr) == (2, True)


class TestScannedShadow:
    """A shadow with a source of its own beside an executed strategy on reports."""

    @staticmethod
    def watching(folder: Path, body: str) -> TradingAccount:
        strategy_file(folder / "own", "mine", body)
        (folder / "symbols.txt").write_text("AAA\nBBB\n")
        config = folder / "config.yaml"
        config.write_text(
            "strategies:\n"
            f"  dir: {folder / 'own'}\n"
            "strategy:\n  shadows:\n    - id: scanned\n      source: mine\n"
            f"      symbols_file: {folder / 'symbols.txt'}\n"
        )
        return TradingAccount(folder, bars("AAA"), bars("BBB"), config_path=config).go(TODAY, "09:00")

    def test_it_has_its_own_candidates(self, tmp_path: Path) -> None:
        made = self.watching(tmp_path, BUY_AAA)
        done = made.generate("--report-file", made.report(TODAY, offer("BBB", TODAY)))
        assert done.code == 0, done.stderr
        assert [one["ticker"] for one in made.signal(TODAY)["entries"]] == ["BBB"]
        assert [one["ticker"] for one in made.signal(TODAY, "scanned")["entries"]] == ["AAA"]

    def test_one_that_fails_waits_and_the_executed_strategy_trades(self, tmp_path: Path) -> None:
        made = self.watching(tmp_path, "raise ValueError('no idea')")
        done = made.generate("--report-file", made.report(TODAY, offer("BBB", TODAY)))
        assert done.code == 0, done.stderr
        assert "shadow scanned was not stepped: candidate source mine" in done.stdout
        assert [one["ticker"] for one in made.signal(TODAY)["entries"]] == ["BBB"]
        assert not (made.signals / f"trade_signals_{TODAY}_scanned.json").exists()


def test_explain_names_the_source_its_symbols_and_why_it_proposed_the_stock(tmp_path: Path) -> None:
    made = account(tmp_path)
    assert made.generate().code == 0
    text = made.admin("explain", "AAA").stdout
    assert "it was proposed by mine, version 3+" in text
    assert "its symbols: " in text
    assert "proposed for: the first of its symbols" in text
    told = json.loads(made.admin("explain", "AAA", "--json").stdout)
    assert told["report"]["scan"]["source"] == "mine"
    assert told["reading"]["note"] == "the first of its symbols"


class TestDoctor:
    """`admin doctor` of an account whose strategy scans."""

    @staticmethod
    def checks(made: TradingAccount) -> dict[str, tuple[str, str, str]]:
        done = made.admin("doctor", "--manifest", made.manifest, "--json")
        return {one["name"]: (one["status"], one["detail"], one["fix"]) for one in done.json["checks"]}

    def test_it_counts_the_symbols_and_finds_them_listed(self, tmp_path: Path) -> None:
        made = account(tmp_path)
        found = self.checks(made)
        assert found["candidate sources"][0] == found["symbols"][0] == "ok"
        assert f"2 symbols in {tmp_path / 'symbols.txt'}" in found["candidate sources"][1]
        assert found["symbols"][1] == f"{STRATEGY}, nwl_p4: all 2 listed"

    def test_it_names_symbols_that_are_not_listed(self, tmp_path: Path) -> None:
        found = self.checks(account(tmp_path, symbols=("AAA", "NONE")))
        status, detail, fix = found["symbols"]
        assert (status, detail) == ("warn", f"{STRATEGY}, nwl_p4: 1 symbol not listed, so doubtful: NONE")
        assert str(tmp_path / "symbols.txt") in fix

    def test_a_file_that_cannot_be_used_fails_with_its_name(self, tmp_path: Path) -> None:
        made = account(tmp_path)
        (tmp_path / "symbols.txt").unlink()
        done = made.admin("doctor", "--manifest", made.manifest)
        assert (done.code, "symbols.txt" in done.stdout) == (7, True)

    def test_an_account_on_reports_is_asked_neither(self, tmp_path: Path) -> None:
        found = self.checks(TradingAccount(tmp_path, bars("AAA")))
        assert not {"candidate sources", "symbols"} & set(found)


def test_parity_takes_the_candidates_that_the_signal_files_name(tmp_path: Path) -> None:
    made = account(tmp_path)
    for n in range(3):
        made.trade(day(n))
    done = made.admin("parity", "--json")
    assert done.code == 0, done.stderr
    assert (done.json["account"]["trades"], done.json["simulator"]["trades"], done.json["differences"]) == (1, 1, [])


def test_a_refused_run_need_not_load_what_only_prices_take() -> None:
    code = "import live.generate.refused, sys; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
