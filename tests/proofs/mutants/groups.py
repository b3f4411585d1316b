"""What is changed, and which tests have to notice: a group shares its tests, and one run of mutmut."""

from __future__ import annotations

from dataclasses import dataclass

from tests.paths import ROOT


@dataclass(frozen=True, slots=True)
class Group:
    """modules: files that are changed. tests: folders, files and single tests that must notice."""

    name: str
    modules: tuple[str, ...]
    tests: tuple[str, ...]


GROUPS = (
    Group(
        "rules",
        (
            "backtest/rules.py",
            "backtest/candidates.py",
            "backtest/entries.py",
            "backtest/entry_limit.py",
            "backtest/slots.py",
            "backtest/rotation.py",
            "backtest/exits.py",
            "backtest/stops.py",
            "backtest/take_profit.py",
            "backtest/splits.py",
            "backtest/money.py",
        ),
        (
            "tests/backtest/test_candidates.py",
            "tests/backtest/test_entry_limit.py",
            "tests/backtest/test_held.py",
            "tests/backtest/test_market_filter.py::test_only_a_value_up_to_max_lets_candidates_pass",
            "tests/backtest/test_market_filter.py::test_no_candidate_is_bought_above_max_and_exits_are_decided",
            "tests/backtest/test_market_filter.py::test_a_series_that_was_not_read_decides_nothing",
            "tests/backtest/test_market_filter.py::test_a_candidates_own_filters_are_named_before_the_markets",
            "tests/backtest/test_money.py",
            "tests/backtest/test_rules_entries.py",
            "tests/backtest/test_rules_exits.py",
            "tests/backtest/test_rules_open.py",
            "tests/backtest/test_rules_rotation.py",
            "tests/backtest/test_session_step.py",
            "tests/backtest/test_take_profit.py",
            "tests/backtest/trailing_exits",
        ),
    ),
    Group(
        "verdicts",
        ("backtest/reports/verdict.py", "backtest/reports/identity.py"),
        (
            "tests/backtest/reports/test_identity.py",
            "tests/backtest/reports/test_verdicts.py",
            "tests/backtest/reports/test_directory.py",
        ),
    ),
    Group(
        "decisions",
        ("live/orders.py", "live/execute/decide/*.py"),
        ("tests/live/test_order_ids.py", "tests/live/test_order_status.py", "tests/live/execute/decide"),
    ),
    Group("book", ("live/book/sync.py", "live/book/reconcile.py"), ("tests/live/book",)),
    Group(
        "booking",
        ("live/state_db/booking.py",),
        (
            "tests/live/state_db/test_booking.py",
            "tests/live/state_db/test_events.py",
            "tests/live/state_db/test_orders.py",
            "tests/live/state_db/test_positions.py",
        ),
    ),
    Group(
        "orders",
        ("live/execute/send.py", "live/execute/protect.py"),
        (
            "tests/cli/test_executor_orders.py",
            "tests/cli/test_executor_buying.py",
            "tests/cli/test_executor_foreign_stops.py",
            "tests/cli/test_executor_selling.py",
            "tests/cli/test_executor_sending.py",
            "tests/cli/test_executor_stops.py",
            "tests/cli/test_executor_unsold.py",
        ),
    ),
)


def modules_of(group: Group) -> tuple[str, ...]:
    """Return the files of a group, one each for a pattern's, without those that hold no code."""
    found = (path for pattern in group.modules for path in sorted(ROOT.glob(pattern)))
    return tuple(str(path.relative_to(ROOT)) for path in found if path.name != "__init__.py")
