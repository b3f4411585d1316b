"""A run's ending is asserted in five ways, and each of them can fail."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from live.sim.faults import OrderFaultKind
from tests.cli.done import Done
from tests.cli.lab import Lab, make_lab
from tests.faults.calls import UnreadableCallError, calls_in_text
from tests.faults.ending import UNCHANGED, UNTOUCHED, Rerun, State, begins, fault_ends
from tests.faults.table import Row, lacking, read_rows, with_tests

AAA = "20260105_AAA_entry_buy"
ENDING: dict[str, Any] = {
    "exit_code": 9,
    "last_line": "error[9] AAA: bought 4 of 10 shares. Nothing to do: the entry is over.",
    "received": [f"DELETE {AAA}", "POST 20260105_AAA_stop_sell"],
    "state": State({"AAA": "4 at 100.00, stop 90.00"}, {AAA: "canceled 4/10"}),
    "rerun": Rerun(0),
}
OTHERWISE: dict[str, Any] = {
    "exit_code": 0,
    "last_line": "error[9] AAA: bought 5 of 10 shares.",
    "received": [f"DELETE {AAA}"],
    "state": State({"AAA": "10 at 100.00, stop 90.00"}, {AAA: "canceled 4/10"}),
    "rerun": Rerun(9),
}


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    """An entry that has filled partly, before its poll."""
    lab = make_lab(tmp_path)
    lab.issue(0, buy=["AAA"])
    lab.break_orders(OrderFaultKind.PARTIAL, "AAA", side="buy", shares=4)
    assert lab.go(0, "09:20").run("place").code == 0
    return lab.go(0, "09:31")


def test_a_run_that_ended_as_said_passes(lab: Lab) -> None:
    assert fault_ends("F21", lab, lambda: lab.run("poll"), **ENDING).code == 9


def test_a_last_line_may_be_given_by_how_it_begins(lab: Lab) -> None:
    line = begins("error[9] AAA: bought 4 of 10 shares. ")
    assert fault_ends("F21", lab, lambda: lab.run("poll"), **{**ENDING, "last_line": line}).code == 9
    assert begins("error[9] AAA.").fullmatch("error[9] AAA: sold") is None
    assert begins("error[9] ", "sold. ", "Run").fullmatch("error[9] AAA: not sold. Run it again")
    assert begins("error[9] ", "Run", "sold").fullmatch("error[9] AAA: not sold. Run it again") is None


def test_a_last_line_that_does_not_say_what_to_do_fails(lab: Lab) -> None:
    silent = Done(9, "", "error[9] AAA: bought 4 of 10 shares.")
    with pytest.raises(AssertionError, match="no next step"):
        fault_ends("F21", lab, lambda: silent, **{**ENDING, "last_line": silent.stderr, "received": []})


@pytest.mark.parametrize("name", OTHERWISE)
def test_each_of_the_five_can_fail(lab: Lab, name: str) -> None:
    with pytest.raises(AssertionError):
        fault_ends("F21", lab, lambda: lab.run("poll"), **{**ENDING, name: OTHERWISE[name]})


@pytest.mark.parametrize("state", [UNCHANGED, UNTOUCHED])
def test_a_state_db_that_changed_is_not_unchanged(lab: Lab, state: Any) -> None:
    with pytest.raises(AssertionError):
        fault_ends("F21", lab, lambda: lab.run("poll"), **{**ENDING, "state": state})


@pytest.mark.parametrize("named", [True, False])
def test_an_order_that_is_not_over_must_be_named(tmp_path: Path, named: bool) -> None:
    lab = make_lab(tmp_path)
    lab.issue(0, buy=["AAA"])
    lab.go(0, "09:20")
    with nullcontext() if named else pytest.raises(AssertionError, match=f"not over: .*{AAA}"):
        fault_ends(
            "F85",
            lab,
            lambda: lab.run("place"),
            exit_code=0,
            last_line="",
            received=[f"POST {AAA}"],
            state=State({}, {AAA: "accepted 0/10"} if named else {}),
            rerun=Rerun(0),
        )


def test_an_order_that_is_over_without_a_position_of_its_day_is_seen(tmp_path: Path) -> None:
    lab = make_lab(tmp_path)
    lab.issue(0, buy=["AAA"])
    lab.break_orders(OrderFaultKind.NO_FILL, "AAA")
    assert lab.go(0, "09:20").run("place").code == 0
    lab.go(0, "09:31")
    fault_ends(
        "F22",
        lab,
        lambda: lab.run("poll"),
        exit_code=9,
        last_line="error[9] AAA: not bought (no_price_data). Nothing to do: the entry is over.",
        received=[f"DELETE {AAA}"],
        state=State({}, {AAA: "canceled 0/10"}),
        rerun=Rerun(0),
    )


CALL = """
def test_one():
    fault_ends("F09 F10", lab, run, exit_code=8 if lost else 9, last_line="", received=[], state=S, rerun=Rerun(0))
"""


def test_a_call_is_read_with_its_ids_and_codes() -> None:
    (call,) = calls_in_text(CALL, "tests/test_x.py")
    assert call.faults == ("F09", "F10")
    assert (call.name, set(call.codes)) == ("tests/test_x.py::test_one", {0, 8, 9})


@pytest.mark.parametrize("text", ['def helper():\n    fault_ends("F09")', "def test_one():\n    fault_ends(row, lab)"])
def test_a_call_whose_row_is_not_written_in_a_test_is_refused(text: str) -> None:
    with pytest.raises(UnreadableCallError):
        calls_in_text(text, "tests/test_x.py")


PAGE = "| F09 | lost | looked up | 0; 8 when it stays | `tests/a.py::test_b` |\n| F11 | late | adopted | 0 | - |\ntext"


def test_the_tests_of_a_row_are_written_from_its_calls() -> None:
    calls = {"F09": calls_in_text(CALL, "tests/test_x.py")}
    written = with_tests(PAGE, calls)
    assert written.splitlines()[0] == "| F09 | lost | looked up | 0; 8 when it stays | `tests/test_x.py::test_one` |"
    assert written.splitlines()[1:] == PAGE.splitlines()[1:]


def test_a_row_without_a_call_or_with_a_code_nobody_asserts_is_lacking() -> None:
    calls = {"F09": calls_in_text(CALL.replace("8 if lost else 9", "9"), "tests/test_x.py")}
    assert lacking(read_rows(PAGE), calls) == [
        "F09: no test asserts 8 (exit: 0; 8 when it stays)",
        "F11: no test meets it through a program (late)",
    ]
    assert lacking((), calls) == ["F09: no such row"]


@pytest.mark.parametrize(
    ("words", "codes"),
    [
        ("0", {0}),
        ("9, `above_limit` 0; a rerun 0", {0, 9}),
        ("as the refusal", set()),
        ("4, 8 where nothing d", {4, 8}),
    ],
)
def test_the_codes_of_a_row_are_the_numbers_of_its_exit_column(words: str, codes: set[int]) -> None:
    assert Row("F01", "", "", words, "").codes == codes
