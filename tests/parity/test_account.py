"""`admin parity` on the golden replays: through splits, missing bars and delistings, missed sessions explain all."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from live.admin import main
from tests.cli.done import run_command
from tests.parity.replayed import Replayed
from tests.parity.scenarios import SCENARIOS


@pytest.mark.parametrize("name", [one.name for one in SCENARIOS])
def test_nothing_of_a_rough_market_is_unexplained(name: str, replays: Mapping[str, Replayed]) -> None:
    replayed = replays[name]
    place = replayed.state.workspace
    flags = ["--config", place.config, "--state-db", place.state_db, "--report-dir", replayed.state.reports]
    done = run_command(main, ["parity", *flags, "--prices", replayed.prices, "--json"], None)
    assert done.code == 0, done.stderr
    found = done.json
    causes = {one["cause"] for one in found["causes"]}
    assert (found["unexplained"], found["account"]["trades"]) == (0, len(replayed.executed.trades))
    assert causes == ({"missed_run", "earlier"} if replayed.inputs.skipped_days else set())
