"""The log of a day: every run's start and end, every order and every fill, once each, beside the state DB."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from freezegun import freeze_time

from tests.cli.account import TradingAccount, at, bars, day, offer
from tests.cli.lab import Lab, make_lab
from tests.live.sim.market import session
from tests.paths import ROOT

Lines = list[dict[str, Any]]
REASON = ("--reason", "by hand")


def lines_of(path: Path) -> Lines:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def log_of(lab: Lab, n: int) -> Path:
    return lab.folder / "logs" / f"{session(n)}.jsonl"


@pytest.fixture(scope="module")
def traded(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    """A day of three runs."""
    lab = make_lab(tmp_path_factory.mktemp("traded"))
    lab.issue(0, buy=["AAA", "BBB"])
    for phase, clock in (("place", "09:20"), ("poll", "09:31"), ("protect", "15:45")):
        assert lab.go(0, clock).run(phase).code == 0
    return lab


def test_the_log_of_a_day_holds_start_orders_fills_and_end(traded: Lab) -> None:
    lines = lines_of(log_of(traded, 0))
    logged = Counter(line["message"].partition(",")[0] for line in lines if line["message"].startswith("order "))
    with traded.look() as db:
        booked = Counter(f"order {one.type}: {one.corr_id}" for one in db.events.since(0) if one.kind == "order")
        runs = {row.run_id for row in db.runs.last(10) if row.program == "executor"}
    assert logged == booked
    assert any(name.startswith("order fill: ") for name in booked)
    for words in ("run started: ", "run ended: exit code 0 after "):
        assert {line["run_id"] for line in lines if line["message"].startswith(words)} == runs


def test_a_start_says_what_is_traded_by_which_files_and_an_end_how_it_went(traded: Lab) -> None:
    lines = lines_of(log_of(traded, 0))
    starts = [line for line in lines if line.get("event") == "run_started"]
    assert [(one["phase"], one["mode"], one["limits"]) for one in starts] == [
        (phase, "simulated", {}) for phase in ("place", "poll", "protect")
    ]
    assert all(one["account"].startswith("…") and len(one["account"]) == 5 for one in starts)
    assert {one["config_sha256"] for one in starts} == {traded.config.config_sha256}
    assert [one["manifest_sha256"] is not None for one in starts] == [True, True, False]
    verified = [line for line in lines if line.get("event") == "signal_file_verified"]
    with traded.look() as db:
        issued = db.signal_files.latest("ema_p10", session(0))
    assert issued is not None
    assert {one["signal_file_sha256"] for one in verified} == {issued.file_sha256}
    ends = [line for line in lines if line.get("event") == "run_ended"]
    assert [one["exit_code"] for one in ends] == [0, 0, 0]
    assert all(one["requests"] > 3 and one["seconds"] >= 0 for one in ends)


def test_at_debug_every_request_that_the_end_counts_is_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOG_LEVEL", "DEBUG")
    lab = make_lab(tmp_path)
    lab.issue(0, buy=["AAA", "BBB"])
    assert lab.go(0, "09:31").run("all").code == 0
    lines = lines_of(log_of(lab, 0))
    requests = [line for line in lines if line.get("event") == "request"]
    assert len(requests) == lines[-1]["requests"]
    assert {line["level"] for line in requests if line["status"] == 200} == {"debug"}
    assert {"POST /v2/orders", "GET /v2/account"} <= {f"{line['method']} {line['path']}" for line in requests}
    assert all({"ms", "request_id"} <= line.keys() for line in requests)


def test_v_says_what_is_logged_in_words_and_nothing_twice(tmp_path: Path) -> None:
    lab = make_lab(tmp_path)
    lab.issue(0, buy=["AAA"])
    said = lab.go(0, "09:20").run("place", "-v").stdout.splitlines()
    spoken = [line[10:] for line in said if re.match(r"\d\d:\d\d:\d\d  ", line)]
    messages = [line["message"] for line in lines_of(log_of(lab, 0))]
    assert spoken == messages[1:]
    assert said[0] == messages[0]
    assert "order sent: 20260105_AAA_entry_buy, ticker AAA, intent entry, qty 10" in spoken
    assert not [line for line in lab.run("place").stdout.splitlines() if line[10:] in spoken]


def test_with_v_and_json_the_last_line_on_stderr_is_the_error_all_the_same(tmp_path: Path) -> None:
    lab = make_lab(tmp_path)
    done = lab.go(0, "09:20").run("place", "-v", "--json")
    assert done.code == done.json["exit_code"] == 5
    assert done.last_line.startswith("error[5] ")
    assert any(line.endswith("requests") for line in done.stderr.splitlines())


def test_an_order_and_a_position_in_the_log_are_those_in_the_state_db(traded: Lab) -> None:
    logged = [
        (line["about"], line["event"], line["payload"]) for line in lines_of(log_of(traded, 0)) if "payload" in line
    ]
    with traded.look() as db:
        kept = [one for one in db.events.since(0) if one.kind in ("order", "position")]
        stored = [(one.corr_id, f"{one.kind}_{one.type}", one.payload) for one in kept]
    assert logged == stored


def test_what_a_person_does_by_hand_is_logged_once_and_amounts_are_in_dollars(tmp_path: Path) -> None:
    account = TradingAccount(tmp_path, bars("AAA"))
    account.trade(day(0), offer("AAA", day(0)))
    with freeze_time(at(day(0), "16:10")):  # the kill switch asks no broker for the time
        for command in (("entries", "off", *REASON), ("entries", "on", *REASON), ("kill-switch", "on", *REASON)):
            assert account.admin(*command).code == 0
        assert account.admin("kill-switch", "off").code == 0
    lines = lines_of(tmp_path / "logs" / f"{day(0)}.jsonl")
    by_hand = [line["event"] for line in lines if line.get("event", "").startswith("config_")]
    assert by_hand == [f"config_{name}" for name in ("entries_off", "entries_on", "kill_switch_on", "kill_switch_off")]
    assert [line["message"] for line in lines if line.get("event") == "position_opened"] == [
        "position opened: position:1, ticker AAA, shares 100, entry_price 100.00, stop_price 90.00"
    ]


def test_a_log_that_cannot_be_written_never_keeps_the_kill_switch_off(tmp_path: Path) -> None:
    account = TradingAccount(tmp_path, bars("AAA"), settings=[f"paths.log_file={tmp_path}"]).go(day(0), "09:00")
    done = account.admin("kill-switch", "on", *REASON)
    assert "log file unusable" in done.stderr
    assert account.admin("kill-switch", "status").code == 3


def test_the_generator_logs_the_files_it_issues(tmp_path: Path) -> None:
    account = TradingAccount(tmp_path, bars("AAA")).go(day(0), "09:00")
    assert account.generate("--report-file", account.report(day(0), offer("AAA", day(0)))).code == 0
    lines = lines_of(tmp_path / "logs" / f"{day(0)}.jsonl")
    issued = [line["signal_file"] for line in lines if line.get("event") == "signal_file_issued"]
    assert issued == [f"trade_signals_{day(0)}_{name}.json" for name in ("ema_p10", "nwl_p4")]


def test_every_day_has_its_file_and_none_keeps_none(tmp_path: Path) -> None:
    lab = make_lab(tmp_path)
    for n in (0, 1):
        assert lab.go(n, "15:45").run("protect").code == 0
    assert lab.go(2, "15:45").run("protect", "--set", "paths.logs=none").code == 0
    assert sorted(log_of(lab, 0).parent.iterdir()) == [log_of(lab, 0), log_of(lab, 1)]


def test_the_one_file_of_an_earlier_configuration_takes_the_place_of_the_days(tmp_path: Path) -> None:
    lab = make_lab(tmp_path, settings=[f"paths.log_file={tmp_path / 'run.jsonl'}"])
    assert lab.go(0, "15:45").run("protect").code == 0
    assert lines_of(tmp_path / "run.jsonl")[-1]["event"] == "run_ended"
    assert not log_of(lab, 0).parent.exists()


def test_a_dry_run_and_a_reader_log_nothing(tmp_path: Path) -> None:
    account = TradingAccount(tmp_path, bars("AAA")).go(day(0), "15:45")
    assert account.execute("protect").code == 0
    log = tmp_path / "logs" / f"{day(0)}.jsonl"
    before = log.read_bytes()
    assert account.execute("protect", "--dry-run").code == 0
    assert account.admin("shadows").code == 0
    assert log.read_bytes() == before


@pytest.mark.parametrize("in_the_way", ["file", "symlink"])
def test_a_log_that_cannot_be_written_is_said_and_keeps_nothing_from_its_stop(tmp_path: Path, in_the_way: str) -> None:
    lab = make_lab(tmp_path)
    assert lab.go(0, "15:45").run("protect", "--set", "paths.logs=none").code == 0
    if in_the_way == "file":
        log_of(lab, 0).parent.write_text("")
    else:
        log_of(lab, 0).parent.mkdir()
        log_of(lab, 0).symlink_to(lab.manifest)
    done = lab.run("protect")
    assert done.code == 0
    assert done.stderr.count(f"the log file {log_of(lab, 0)} cannot be written: ") == 1


def test_every_name_on_a_line_is_explained(traded: Lab) -> None:
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    explained = page.partition("\n## Logs\n")[2].partition("\n## ")[0]
    names = {name for line in lines_of(log_of(traded, 0)) for name in line}
    assert [name for name in sorted(names) if f"`{name}`" not in explained] == []
