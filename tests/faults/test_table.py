"""Every row of docs/faults.md is met through a program, with each exit code it names, by the tests it names."""

from __future__ import annotations

from tests.faults.calls import all_calls
from tests.faults.table import PAGE, by_fault, lacking, read_rows, with_tests


def test_every_row_is_asserted_whole_with_each_of_its_exit_codes() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert lacking(read_rows(page), by_fault(all_calls())) == []


def test_the_tests_of_the_page_are_those_that_assert_its_rows() -> None:
    """`python -m tests.proofs faults --write` writes them."""
    page = PAGE.read_text(encoding="utf-8")
    assert with_tests(page, by_fault(all_calls())) == page
