"""What a run of the generator works with, and what refuses it first."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from freezegun import freeze_time

from backtest.errors import ConfigError, InputError, ManifestMismatchError, UsageError
from backtest.sessions import NEW_YORK
from live.clock import SystemClock
from live.errors import BrokerUnavailableError, KillSwitchError
from live.state_db.kill_switch import turn_kill_switch_on
from tests.builders import AS_OF, D
from tests.live.generate.builders import MORNING, QuietBroker, options, prepared_run

SILENT = QuietBroker(fails=("get_account",))


def test_it_decides_for_the_brokers_session_on_the_close_before(tmp_path: Path) -> None:
    prepared = prepared_run(options(tmp_path))
    assert (prepared.trade_date, prepared.as_of, prepared.reports.candidates) == (D, AS_OF, ())


@freeze_time("2026-02-17 14:00:00")
def test_the_machines_date_has_no_say_in_the_trade_date(tmp_path: Path) -> None:
    assert prepared_run(options(tmp_path)).trade_date == D
    evening = QuietBroker(datetime(2016, 3, 9, 18, 0, tzinfo=NEW_YORK))
    assert prepared_run(options(tmp_path), evening).trade_date == D + timedelta(days=1)


def test_a_shadow_that_is_the_executed_strategy_keeps_no_book(tmp_path: Path) -> None:
    assert [*prepared_run(options(tmp_path)).shadows] == ["nwl_p4"]
    same = "strategy:\n  shadow:\n    trailing_stop: weekly_ema\n    period: 10\n"
    assert not prepared_run(options(tmp_path, same)).shadows


def test_files_go_where_the_configuration_or_the_flag_says(tmp_path: Path) -> None:
    assert prepared_run(options(tmp_path)).folder == Path("signals")
    assert prepared_run(options(tmp_path, output_dir=tmp_path / "out")).folder == tmp_path / "out"


def test_the_kill_switch_refuses_before_the_manifest(tmp_path: Path) -> None:
    given = options(tmp_path, manifest=tmp_path / "none.json")
    turn_kill_switch_on(tmp_path / "state.db", "a test", "somebody", SystemClock())
    with pytest.raises(KillSwitchError):
        prepared_run(given)


def test_the_manifest_refuses_before_the_broker_and_the_report(tmp_path: Path) -> None:
    given = options(tmp_path, manifest=tmp_path / "none.json", report_files=(tmp_path / "none.html",))
    with pytest.raises(ManifestMismatchError):
        prepared_run(given, SILENT)


def test_an_unreadable_report_refuses_before_a_broker_that_does_not_answer(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        prepared_run(options(tmp_path, report_files=(tmp_path / "none.html",)), SILENT)
    with pytest.raises(BrokerUnavailableError):
        prepared_run(options(tmp_path), SILENT)


def test_without_the_brokers_clock_there_is_no_trade_date(tmp_path: Path) -> None:
    with pytest.raises(BrokerUnavailableError, match="clock cannot be read"):
        prepared_run(options(tmp_path), QuietBroker(fails=("get_clock",)))


def test_another_trade_date_is_a_usage_error_and_calendars_that_differ_are_6(tmp_path: Path) -> None:
    class Holiday(QuietBroker):
        def get_calendar(self, start: date, end: date) -> tuple:  # type: ignore[type-arg]
            return tuple(day for day in super().get_calendar(start, end) if day.day != D)

    with pytest.raises(UsageError):
        prepared_run(options(tmp_path, trade_date=AS_OF), Holiday(MORNING))
    with pytest.raises(ConfigError, match="2016-03-09"):
        prepared_run(options(tmp_path), Holiday(MORNING))
