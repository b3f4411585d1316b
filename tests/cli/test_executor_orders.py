"""What is kept of an order that was sent, refused or held back."""

from __future__ import annotations

from pathlib import Path

import pytest

from live.sim.faults import RequestFault
from tests.cli.lab import Lab, make_lab
from tests.fault_actions import answer

AAA = "20260105_AAA_entry_buy"
CCC = "20260106_CCC_entry_buy"


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return make_lab(tmp_path)


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("insufficient buying power", "insufficient_funds: 40310000 insufficient buying power"),
        ("something new", "refused 40310000: something new"),
    ],
)
def test_a_refused_entry_keeps_its_reason_with_the_brokers_code_and_words(lab: Lab, said: str, kept: str) -> None:
    lab.issue(0, buy=["AAA"])
    lab.break_requests(RequestFault("POST", "/v2/orders", answer(403, {"code": 40310000, "message": said})))
    assert lab.go(0, "09:20").run("place").code == 9
    assert (lab.order(AAA).status, lab.order(AAA).reject_reason) == ("abandoned", kept)


def test_f29_after_the_alarm_no_entry_is_judged_any_more_in_that_run(lab: Lab) -> None:
    """Its reference price is far above the market, for which it would end; it waits for the next run."""
    lab.settings += ("execution.poll_timeout_s=10",)
    lab.hold("AAA").go(0, "16:30").issue(1, buy=["CCC"], reference="150.00")
    (stop,) = lab.market.get("/v2/orders", status="open")
    lab.market.cancel(stop)
    refusal = answer(403, {"code": 40310000, "message": "something new"})
    lab.break_requests(RequestFault("POST", "/v2/orders", refusal, times=None))
    assert lab.go(1, "09:31").run("place").code == 12
    assert lab.order(CCC).status == "planned"
