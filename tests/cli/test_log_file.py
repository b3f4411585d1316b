"""The log file of a day: every run's start and end, every order and every fill, once each."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

from tests.cli.lab import make_lab


def test_the_log_of_a_day_holds_start_orders_fills_and_end(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    lab = make_lab(tmp_path, settings=[f"paths.log_file={log}"])
    lab.issue(0, buy=["AAA", "BBB"])
    for phase, clock in (("place", "09:20"), ("poll", "09:31"), ("protect", "15:45")):
        assert lab.go(0, clock).run(phase).code == 0
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    logged = Counter(line["message"].partition(" {")[0] for line in lines if line["message"].startswith("order "))
    with lab.db() as db:
        booked = Counter(f"order {one.type}: {one.corr_id}" for one in db.events.since(0) if one.kind == "order")
        runs = {row.run_id for row in db.runs.last(10) if row.program == "executor"}
    assert logged == booked
    assert any(name.startswith("order fill: ") for name in booked)
    for words in ("run started: ", "run ended: exit code 0 after "):
        assert {line["run_id"] for line in lines if line["message"].startswith(words)} == runs
