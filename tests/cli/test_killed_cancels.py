"""F122, F108: what a command that cancels orders leaves undone when it is killed at one of its commits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from live.admin import main as admin
from live.run.runtime import Runtime
from live.sim.faults import OrderFaultKind
from tests.cli.done import Done, run_command
from tests.cli.lab import Lab, make_lab
from tests.paths import DEFAULT_CONFIG
from tests.proofs.dying import Killed, dying_at_commit

ENTRY = "20260106_CCC_entry_buy"


@pytest.fixture(scope="module")
def queued_before(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    lab = make_lab(tmp_path_factory.mktemp("queued"), settings=["execution.poll_timeout_s=4"]).hold("AAA")
    lab.issue(1, buy=("CCC",), sell=("AAA",))
    assert lab.go(1, "09:20").run("place").code == 0
    return lab


def by_hand(lab: Lab, *words: str) -> Done:
    args = [*words, "--config", DEFAULT_CONFIG, "--state-db", lab.state_db]
    for setting in lab.settings:
        args += ["--set", setting]
    return run_command(admin, args, Runtime(lab.broker))


def poll(lab: Lab) -> Done:
    """CCC is halted: at the poll timeout its entry is canceled."""
    lab.break_orders(OrderFaultKind.NO_FILL, "CCC")
    return lab.go(1, "09:31").run("poll")


def switch(lab: Lab) -> Done:
    return by_hand(lab, "kill-switch", "on", "--exits")


def close(lab: Lab) -> Done:
    return by_hand(lab, "close", "CCC", "--yes")


def take_back(lab: Lab) -> Done:
    return by_hand(lab, "orders", "cancel", ENTRY, "--reason", "no", "--yes")


def killed_everywhere(before: Lab, folder: Path, start: Callable[[Lab], Done]) -> Iterator[Lab]:
    """Yield a lab for each commit of a command, killed there and finished by the same command."""
    for number in range(100):
        lab = before.copy_to(folder / str(number))
        with dying_at_commit(number, committed=True) as points, suppress(Killed):
            start(lab)
        if not points.has_died:
            assert number > 3
            return
        again = start(lab)
        assert again.code in (0, 9), (number, again.stderr)
        yield lab
    pytest.fail("the command has more commits than were tried")


@pytest.mark.parametrize(
    ("start", "reason"), [(poll, "no_price_data"), (close, "closed_by_hand"), (take_back, "vetoed")]
)
def test_f122_a_canceled_entry_has_its_reason_wherever_the_run_was_killed(
    queued_before: Lab, tmp_path: Path, start: Callable[[Lab], Done], reason: str
) -> None:
    """The executor's next run says it where the same command finds nothing left to do."""
    for lab in killed_everywhere(queued_before, tmp_path, start):
        lab.run("protect")
        assert (lab.order(ENTRY).status, lab.order(ENTRY).reject_reason) == ("canceled", reason), lab.folder


def test_f108_a_switch_killed_before_the_stops_were_back_is_finished_by_the_same_command(
    queued_before: Lab, tmp_path: Path
) -> None:
    for lab in killed_everywhere(queued_before, tmp_path, switch):
        assert lab.agrees(), lab.folder
        assert (lab.order(ENTRY).status, lab.order(ENTRY).reject_reason) == ("canceled", "kill_switch"), lab.folder
