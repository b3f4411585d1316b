"""The generator buys only what name or price confirms: the day's asset directory, names, prices, doubts."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from backtest.__main__ import cli as backtest_cli
from backtest.bars import BarSeries
from backtest.model import Candidate, Grade
from live.config_file import load_config
from live.notify.notifier import Notifier
from live.sim.faults import RequestFault, SimAnswer, SimRequest
from tests.builders import put_manifest
from tests.cli.account import CONFIG, TradingAccount, bars, day, offer
from tests.cli.done import Done, run_command
from tests.faults.ending import UNCHANGED, UNTOUCHED, Rerun, State, begins, fault_ends


class ListCounter(TradingAccount):
    """An account that notes every request for the asset list."""

    def __init__(self, folder: Path, *series: BarSeries, **how: Any) -> None:
        super().__init__(folder, *series, **how)
        self.lists_asked: list[str] = []
        answer = self.exchange.handle

        def handle(request: SimRequest) -> SimAnswer:
            if request.path == "/v2/assets":
                self.lists_asked.append(request.method)
            return answer(request)

        self.exchange.handle = handle  # type: ignore[method-assign]


@pytest.fixture
def calm(tmp_path: Path) -> ListCounter:
    return market(tmp_path)


def market(folder: Path, *, named: bool = True, settings: tuple[str, ...] = ()) -> ListCounter:
    calm = ListCounter(folder, bars("AAA"), bars("BBB"), bars("CCC"), named=named, settings=settings)
    calm.go(day(0), "09:00")
    return calm


def decide(calm: ListCounter, *offered: Candidate, also: tuple[str, ...] = ()) -> Done:
    return calm.generate("--report-file", calm.report(day(0), *offered), *also)


def bought(calm: ListCounter, strategy: str = "ema_p10") -> list[str]:
    return [one["ticker"] for one in calm.signal(day(0), strategy)["entries"]]


def line(done: Done, label: str) -> str:
    return next(text for text in done.stdout.splitlines() if text.startswith(f"{label}:")).split(":", 1)[1].strip()


def kept(calm: ListCounter) -> list[Path]:
    return sorted((calm.folder / "state-assets").glob("*"))


def no_asset_list(calm: ListCounter) -> None:
    """Let every request for the list fail from now on."""
    calm.exchange.faults.add(RequestFault("GET", "/v2/assets", lambda *_: SimAnswer(500, b"{}"), times=None))


# doubtful and refused


def test_f125_a_stock_whose_name_is_another_companys_is_skipped_with_the_reason(calm: ListCounter) -> None:
    done = fault_ends(
        "F125",
        calm,
        lambda: decide(calm, offer("AAA", day(0), company="Zephyr Robotics"), offer("BBB", day(0))),
        exit_code=0,
        last_line="",
        received=[],
        state=State({}),
        rerun=Rerun(0),
    )
    for strategy in ("ema_p10", "nwl_p4"):
        assert bought(calm, strategy) == ["BBB"]
        (skip,) = calm.signal(day(0), strategy)["skipped"]
        assert (skip["ticker"], skip["reason"]) == ("AAA", "problem_in_report")
        assert 'the page names it "Zephyr Robotics"' in skip["why"]["problem"]
    assert line(done, "skipped").startswith('1: 1 problem_in_report; 1 of 2 doubtful: AAA (the page names it "Zephyr')
    assert line(done, "needs a hand") == "nothing"


def test_f125_a_symbol_that_nobody_lists_is_skipped_as_not_in_the_directory(calm: ListCounter) -> None:
    done = fault_ends(
        "F125",
        calm,
        lambda: decide(calm, offer("RSI", day(0), company="Relative Strength"), offer("BBB", day(0))),
        exit_code=0,
        last_line="",
        received=[],
        state=State({}),
        rerun=Rerun(0),
    )
    assert bought(calm) == ["BBB"]
    assert line(done, "skipped").endswith("1 of 2 doubtful: RSI (not in the directory)")


@pytest.mark.parametrize(("price", "is_bought"), [("104", True), ("96", True), ("106", False), (None, False)])
def test_f125_without_a_printed_name_the_market_price_confirms(
    calm: ListCounter, price: str | None, is_bought: bool
) -> None:
    unnamed = (offer("AAA", day(0), company="", price=price), offer("BBB", day(0), company=""))
    fault_ends(
        "F125",
        calm,
        lambda: decide(calm, *unnamed),
        exit_code=0,
        last_line="",
        received=[],
        state=State({}),
        rerun=Rerun(0),
    )
    assert ("AAA" in bought(calm)) is is_bought
    assert ("AAA" in bought(calm, "nwl_p4")) is is_bought


def test_a_stock_below_the_least_grade_is_called_so_and_not_doubtful(tmp_path: Path) -> None:
    calm = market(tmp_path, settings=("strategy.min_grade=C",))
    put_manifest(calm.manifest, load_config(CONFIG, calm.settings).strategy)
    assert decide(calm, offer("AAA", day(0), 50, company="", grade=Grade.D)).code == 0
    assert [one["reason"] for one in calm.signal(day(0))["skipped"]] == ["below_min_grade"]


def test_f125_where_only_one_name_is_missing_its_price_confirms_nothing(calm: ListCounter) -> None:
    assert decide(calm, offer("AAA", day(0), company=""), offer("BBB", day(0))).code == 0
    assert bought(calm) == ["BBB"]


def test_f125_when_every_candidate_is_doubtful_a_person_is_told(
    calm: ListCounter, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[tuple[str, str]] = []
    monkeypatch.setattr(Notifier, "send", lambda _, _kind, title, body, topic: sent.append((title, body)))
    done = fault_ends(
        "F125",
        calm,
        lambda: decide(calm, offer("AAA", day(0), company="Zephyr Robotics"), offer("RSI", day(0))),
        exit_code=0,
        last_line="",
        received=[],
        state=State({}),
        rerun=Rerun(0),
    )
    assert line(done, "needs a hand") == "every candidate of 2026-02-02 is doubtful (2), none is bought"
    (title, body), *_ = sent
    assert title == "signal_generator: every candidate is doubtful"
    assert "RSI (not in the directory)" in body


def test_a_person_is_told_of_a_doubtful_stock_beside_confirmed_ones_and_not_of_an_empty_day(
    calm: ListCounter, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[str] = []
    monkeypatch.setattr(Notifier, "send", lambda _, _kind, title, body, topic: sent.append(title))
    assert decide(calm).code == 0
    assert decide(calm, offer("AAA", day(0))).code == 0
    assert sent == []
    assert decide(calm, offer("AAA", day(0)), offer("RSI", day(0))).code == 0
    assert sent == ["signal_generator: candidates are doubtful"]


def test_accept_doubtful_buys_them_too(tmp_path: Path) -> None:
    calm = market(tmp_path, settings=("strategy.accept=doubtful",))
    put_manifest(calm.manifest, load_config(CONFIG, calm.settings).strategy)
    done = decide(calm, offer("AAA", day(0), company="Zephyr Robotics"))
    assert bought(calm) == ["AAA"]
    assert (line(done, "skipped"), line(done, "needs a hand")) == ("none", "nothing")
    assert 'AAA identity: the page names it "Zephyr Robotics"' in done.stdout


def test_a_verdict_is_kept_for_the_shadow_that_plays_the_session_later(calm: ListCounter) -> None:
    calm.trade(day(0), offer("AAA", day(0), company="Zephyr Robotics"), offer("BBB", day(0)))
    calm.trade(day(1))
    with calm.look() as db:
        assert [row.ticker for row in db.shadow.active("nwl_p4")] == ["BBB"]


# the directory of the day


def test_the_list_is_kept_by_its_hash_and_the_signal_files_name_it(calm: ListCounter) -> None:
    decide(calm, offer("AAA", day(0)))
    (path,) = kept(calm)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert path.name == f"assets_2026-02-02_{digest}.csv"
    assert path.stat().st_mode & 0o777 == 0o600
    for strategy in ("ema_p10", "nwl_p4"):
        ref = calm.signal(day(0), strategy)["inputs"]["assets"]
        assert ref == {"source": "sim", "date": "2026-02-02", "sha256": digest}


def test_the_day_can_be_judged_again_from_the_list_kept(calm: ListCounter) -> None:
    report = calm.report(day(0), offer("AAA", day(0)), offer("RSI", day(0)))
    calm.generate("--report-file", report)
    calm.exchange.set_asset("AAA", missing=True)
    (path,) = kept(calm)
    again = CliRunner().invoke(backtest_cli, ["parse", str(report), "--assets", str(path), "--json"])
    (judged,) = json.loads(again.stdout)
    assert {one["ticker"]: one["verdict"] for one in judged["candidates"]} == {"AAA": "confirmed", "RSI": "doubtful"}


def test_the_broker_is_asked_once_a_new_york_day(calm: ListCounter) -> None:
    decide(calm, offer("AAA", day(0)))
    calm.go(day(0), "09:10").exchange.set_asset("BBB", missing=True)
    decide(calm, offer("AAA", day(0)), offer("BBB", day(0)))
    assert [one["reason"] for one in calm.signal(day(0))["skipped"]] == ["not_tradable"]
    assert len(calm.lists_asked) == 1
    report = calm.report(day(1), offer("BBB", day(1)))
    assert calm.go(day(1), "09:00").generate("--report-file", report).code == 0
    assert (len(calm.lists_asked), len(kept(calm))) == (2, 2)
    assert [one["reason"] for one in calm.signal(day(1))["skipped"]] == ["problem_in_report"]


def test_refresh_prices_asks_for_a_new_list_too(calm: ListCounter) -> None:
    decide(calm, offer("AAA", day(0)))
    calm.exchange.set_asset("AAA", missing=True)
    decide(calm, offer("AAA", day(0)), also=("--refresh-prices",))
    assert bought(calm) == []
    decide(calm, offer("AAA", day(0)))
    assert (len(calm.lists_asked), bought(calm)) == (2, [])


def test_a_day_without_a_report_asks_for_no_list(calm: ListCounter) -> None:
    no_asset_list(calm)
    assert calm.generate("--no-report").code == 0
    assert (len(calm.lists_asked), kept(calm)) == (0, [])
    assert calm.signal(day(0))["inputs"]["assets"] is None


def test_f124_a_list_that_cannot_be_had_is_8_and_nothing_is_written(calm: ListCounter) -> None:
    no_asset_list(calm)

    def the_list_is_there_again() -> None:
        assert (kept(calm), calm.signals.exists()) == ([], False)
        calm.exchange.faults.clear()

    fault_ends(
        "F124",
        calm,
        lambda: decide(calm, offer("AAA", day(0))),
        exit_code=8,
        last_line=begins("error[8] ", "the broker's asset list cannot be read"),
        received=[],
        state=UNTOUCHED,
        rerun=Rerun(0, state=State({}), mend=the_list_is_there_again),
    )


def test_f124_the_list_of_the_same_day_stands_in_for_one_that_cannot_be_had(calm: ListCounter) -> None:
    decide(calm, offer("AAA", day(0)))
    first = calm.signal(day(0))["content_sha256"]
    no_asset_list(calm)
    assert decide(calm, offer("AAA", day(0))).code == 0
    assert calm.signal(day(0))["content_sha256"] == first
    done = fault_ends(
        "F124",
        calm,
        lambda: decide(calm, offer("AAA", day(0)), also=("--refresh-prices",)),
        exit_code=0,
        last_line="",
        received=[],
        state=State({}),
        rerun=Rerun(0),
    )
    assert "the one asked for earlier today is used" in done.stdout
    assert bought(calm) == ["AAA"]


def test_f124_a_directory_file_of_wrong_columns_is_7(calm: ListCounter) -> None:
    report, path = calm.report(day(0), offer("AAA", day(0))), calm.folder / "assets.csv"
    path.write_text("ticker,name\nAAA,Aaa Holdings\n")
    fault_ends(
        "F124",
        calm,
        lambda: run_command(backtest_cli, ["parse", report, "--assets", path]),
        exit_code=7,
        last_line=begins(
            "error[7] asset directory invalid in ", "columns ['ticker', 'name'] (expected symbol,name,exchange)"
        ),
        received=[],
        state=UNTOUCHED,
        rerun=Rerun(0, mend=lambda: path.write_text("symbol,name,exchange\nAAA,Aaa Holdings,NYSE\n")),
    )


def test_f124_yesterdays_list_never_stands_in(calm: ListCounter) -> None:
    decide(calm, offer("AAA", day(0)))
    no_asset_list(calm)
    report = calm.go(day(1), "09:00").report(day(1), offer("BBB", day(1)))
    fault_ends(
        "F124",
        calm,
        lambda: calm.generate("--report-file", report),
        exit_code=8,
        last_line=begins("error[8] the broker's asset list cannot be read"),
        received=[],
        state=UNCHANGED,
        rerun=Rerun(0, mend=calm.exchange.faults.clear),
    )


def test_f124_a_kept_list_that_was_altered_is_asked_for_again(calm: ListCounter) -> None:
    decide(calm, offer("AAA", day(0)))
    (path,) = kept(calm)
    path.write_bytes(path.read_bytes().replace(b"Aaa Holdings", b"Zephyr Robotics"))
    decide(calm, offer("AAA", day(0)))
    assert (len(calm.lists_asked), bought(calm)) == (2, ["AAA"])


def test_a_report_that_cannot_be_read_is_told_before_a_list_that_cannot_be_had(calm: ListCounter) -> None:
    no_asset_list(calm)
    page = calm.report(day(0), offer("AAA", day(0)))
    page.write_text("<html><body><p>nothing here</p></body></html>")
    assert calm.generate("--report-file", page).code == 7
    assert calm.generate("--report-dir", calm.reports).code == 7


def test_i18_a_dry_run_asks_for_the_list_and_keeps_none(calm: ListCounter) -> None:
    done = decide(calm, offer("AAA", day(0)), offer("RSI", day(0)), also=("--dry-run",))
    assert done.code == 0
    assert "1 of 2 doubtful: RSI (not in the directory)" in done.stdout
    assert (len(calm.lists_asked), kept(calm)) == (1, [])


def test_an_exchange_without_names_leaves_the_price_alone_to_confirm_and_says_so_once(tmp_path: Path) -> None:
    calm = market(tmp_path, named=False)
    done = decide(calm, offer("AAA", day(0)), offer("BBB", day(0), price=None))
    assert bought(calm) == ["AAA"]
    assert done.stdout.count("the asset directory has no names") == 1
    assert "BBB (neither name nor price confirms it)" in line(done, "skipped")


def test_f141_a_report_that_breaks_off_is_named_for_a_person(calm: ListCounter) -> None:
    path = calm.report(day(0), offer("AAA", day(0)), offer("BBB", day(0)), offer("CCC", day(0)))
    whole = path.read_bytes()
    path.write_bytes(whole[: whole.index(b"CCC")])

    def the_copy_ends() -> None:
        assert bought(calm) == ["AAA", "BBB"]
        path.write_bytes(whole)

    done = fault_ends(
        "F141",
        calm,
        lambda: calm.generate("--report-dir", path.parent),
        exit_code=0,
        last_line="",
        received=[],
        state=State({}),
        rerun=Rerun(0, mend=the_copy_ends),
    )
    assert "the page breaks off" in line(done, "needs a hand")
    assert bought(calm) == ["AAA", "BBB", "CCC"]
    done = calm.generate("--report-dir", path.parent)
    assert line(done, "needs a hand") == "nothing"
    assert bought(calm) == ["AAA", "BBB", "CCC"]


@pytest.mark.parametrize("other", ["{} (1).html", "{}_v2.html", "{}.html.part", "Copy of {}.html"])
def test_f141_a_second_report_of_the_day_under_another_name_is_named_for_a_person(
    calm: ListCounter, other: str
) -> None:
    path = calm.report(day(0), offer("AAA", day(0)))
    name = other.format(path.stem)
    path.with_name(name).write_bytes(path.read_bytes())
    path.with_name(path.name.replace(str(day(0)), "2026-01-05")).write_bytes(path.read_bytes())
    done = calm.generate("--report-dir", path.parent)
    assert done.code == 0, done.stderr
    assert line(done, "needs a hand") == f"{name} looks like a report of the day and was not read, for its name"
    whole = path.read_bytes()
    path.unlink()
    fault_ends(
        "F141",
        calm,
        lambda: calm.generate("--report-dir", path.parent),
        exit_code=7,
        last_line=begins("error[7] ", f"{name} looks like a report of the day"),
        received=[],
        state=UNCHANGED,
        rerun=Rerun(0, mend=lambda: path.write_bytes(whole)),
    )
