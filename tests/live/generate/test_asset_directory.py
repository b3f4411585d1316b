"""What becomes of the broker's list: the stocks it names unmistakably, in words what was left out."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import cast

import pytest

from backtest.reports.directory import Listing
from live.broker import AssetList, Broker
from live.errors import BrokerUnavailableError
from live.generate.asset_directory import DirectorySource, distinct_listings, folder_beside
from live.refusals import (
    BrokerRefusedError,
)
from tests.fakes import FakeClock

TODAY = date(2026, 11, 20)


class Lister:
    """A broker that only lists assets, or fails."""

    id = "fake"

    def __init__(self, answer: AssetList | Exception) -> None:
        self.clock = FakeClock()
        self.answer = answer
        self.asked = 0

    def list_assets(self) -> AssetList:
        self.asked += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def listed(*names: tuple[str, str], unreadable: tuple[str, ...] = ()) -> AssetList:
    return AssetList(tuple(Listing(ticker, name, "NYSE") for ticker, name in names), unreadable)


def source(
    broker: Lister, folder: Path, *, refresh: bool = False, later: list[object] | None = None
) -> DirectorySource:
    write = (lambda write: write()) if later is None else later.append
    return DirectorySource(cast("Broker", broker), folder, refresh=refresh, write=write)


def test_symbols_that_are_no_common_share_are_passed_over() -> None:
    kept, notes = distinct_listings(listed(("KO", "Coca-Cola"), ("ABR^D", "Arbor"), ("T.PRC", "AT&T")))
    assert ([one.ticker for one in kept], notes) == (["KO"], ())


def test_a_ticker_under_two_names_is_left_out_and_one_listed_twice_alike_is_not() -> None:
    kept, notes = distinct_listings(listed(("KO", "Coca-Cola"), ("T", "AT&T"), ("T", "Telephone"), ("KO", "Coca-Cola")))
    assert [one.ticker for one in kept] == ["KO"]
    assert notes == ("asset directory: 1 left out, listed under two names: T",)


def test_rows_that_could_not_be_read_are_counted_and_some_are_shown() -> None:
    _, notes = distinct_listings(listed(("KO", "Coca-Cola"), unreadable=tuple(f"row {n}: no id" for n in range(9))))
    assert notes == ("asset directory: 9 left out, unreadable: row 0: no id, row 1: no id, row 2: no id, …",)


def test_f124_a_list_without_a_stock_is_8() -> None:
    with pytest.raises(BrokerUnavailableError):
        distinct_listings(listed(("ABR^D", "Arbor")))


@pytest.mark.parametrize("error", [BrokerUnavailableError("no answer"), BrokerRefusedError(422, None, "no such field")])
def test_f124_a_broker_that_gives_no_list_is_8(tmp_path: Path, error: Exception) -> None:
    with pytest.raises(BrokerUnavailableError, match="who is listed on 2026-11-20"):
        source(Lister(error), tmp_path).get()


def test_the_same_directory_comes_from_the_broker_and_from_the_file_kept(tmp_path: Path) -> None:
    broker = Lister(listed(("T", "AT&T"), ("KO", 'The "Coca-Cola", Co')))
    asked = source(broker, tmp_path).get()
    kept = source(broker, tmp_path).get()
    assert broker.asked == 1
    assert asked.ref == kept.ref
    assert (asked.ref.source, asked.ref.day) == ("fake", TODAY)
    assert asked.directory == kept.directory


def test_a_source_is_asked_when_it_is_needed_and_once(tmp_path: Path) -> None:
    broker = Lister(listed(("T", "AT&T")))
    later: list[object] = []
    one = source(broker, tmp_path, later=later)
    assert broker.asked == 0
    assert one.get() is one.get()
    assert broker.asked == 1
    assert len(later) == 1
    assert list(tmp_path.iterdir()) == []


def test_the_lists_lie_beside_the_state_db() -> None:
    assert folder_beside(Path("live/state.db")) == Path("live/state-assets")
