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
        ("live/state_db/booking.py", "live/state_db/transition.py"),
        (
            "tests/live/state_db/test_booking.py",
            "tests/live/state_db/test_events.py",
            "tests/live/state_db/test_orders.py",
            "tests/live/state_db/test_positions.py",
            "tests/live/state_db/test_transition.py",
        ),
    ),
    Group(
        "orders",
        ("live/execute/send.py", "live/execute/protect.py"),
        (
            "tests/cli/test_executor_orders.py",
            "tests/cli/test_executor_selling.py",
            "tests/cli/test_executor_sending.py",
            "tests/cli/test_executor_stops.py",
            "tests/cli/test_executor_unsold.py",
            "tests/cli/test_entries_by_hand.py::test_f143_a_veto_in_the_midst_of_a_run_counts_up_to_the_order_itself",
            "tests/cli/test_entries_by_hand.py::test_f144_turned_off_in_the_midst_of_a_run_no_further_entry_leaves",
            "tests/cli/test_executor_foreign_stops.py::"
            "test_f115_shares_held_by_an_order_that_is_no_stop_are_12_and_the_order_is_named",
            "tests/cli/test_executor_foreign_stops.py::"
            "test_f115_a_stop_that_no_listing_shows_is_looked_up_where_the_broker_names_it",
            "tests/cli/test_orders_cancel.py::"
            "test_f146_what_has_filled_since_the_last_run_is_booked_and_refused_with_the_command_that_sells_it",
            "tests/cli/test_orders_cancel.py::"
            "test_the_exchange_of_another_positions_stop_that_never_left_is_not_given_up",
            "tests/cli/test_executor_refusals.py::test_f50_shares_without_a_stop_on_a_restricted_account_are_an_alarm",
            "tests/cli/test_executor_refusals.py::test_f107_a_loss_stops_entries_and_exits_and_never_a_stop",
            "tests/cli/test_executor_refusals.py::test_f68_sigterm_sends_no_new_order_and_gives_the_stops_back",
            "tests/cli/test_executor_refusals.py::test_i22_a_run_ends_after_fifteen_minutes",
            "tests/cli/test_executor_refusals.py::test_kill_switch_flipped_midway_stops_the_next_order",
            "tests/cli/test_executor_truth.py::test_f34_a_cancel_that_is_not_seen_yet_is_waited_for",
            "tests/cli/test_executor_truth.py::test_i5_the_kill_switch_is_read_before_a_repeated_post_too",
            "tests/cli/test_executor_unreachable.py::"
            "test_f126_an_account_that_takes_no_orders_ends_11_and_the_entry_stays_for_later",
            "tests/cli/test_executor_unreachable.py::test_orders_go_out_on_positions_and_funds_read_lately",
        ),
    ),
)


def modules_of(group: Group) -> tuple[str, ...]:
    """Return the files of a group, one each for a pattern's, without those that hold no code."""
    found = (path for pattern in group.modules for path in sorted(ROOT.glob(pattern)))
    return tuple(str(path.relative_to(ROOT)) for path in found if path.name != "__init__.py")
