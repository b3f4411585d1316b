"""The files of the cache: whatever happens to their bytes, they are read as they were written or not at all."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backtest.model import Split
from backtest.prices.action_files import ActionFiles, KeptActions
from backtest.prices.bar_files import BarFiles, Cached, joined
from backtest.prices.raw import Actions, Dividend
from tests.backtest.prices.test_cache import JAN, all_days, raw

BARS = Cached(raw(all_days()), JAN, date(2026, 3, 20))
EVENTS = KeptActions(
    Actions((Split("AAA", date(2026, 2, 10), Fraction(3, 2)),), (Dividend("AAA", date(2026, 2, 12), 0.25),)),
    JAN,
    date(2026, 3, 20),
)
Damage = st.one_of(
    st.tuples(st.just("cut"), st.floats(0, 0.999), st.integers(0, 255)),
    st.tuples(st.just("byte"), st.floats(0, 0.999), st.integers(0, 255)),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


def damaged(whole: bytes, damage: tuple[str, float, int]) -> bytes:
    kind, where, byte = damage
    at = int(where * len(whole))
    return whole[:at] if kind == "cut" else whole[:at] + bytes([byte]) + whole[at + 1 :]


@given(damage=Damage)
def test_damaged_bars_are_the_bars_or_none(damage: tuple[str, float, int], folder: Path) -> None:
    path = folder / "AAA.npz"
    path.unlink(missing_ok=True)
    BarFiles(folder).write("AAA", BARS)
    path.write_bytes(damaged(path.read_bytes(), damage))
    found = BarFiles(folder).read("AAA")
    if found is not None:
        assert (found.first, found.last) == (BARS.first, BARS.last)
        assert found.bars.days.tolist() == BARS.bars.days.tolist()
        assert found.bars.prices.tolist() == BARS.bars.prices.tolist()


@given(damage=Damage)
def test_damaged_events_never_raise(damage: tuple[str, float, int], folder: Path) -> None:
    ActionFiles(folder).write("AAA", EVENTS)
    path = folder / "AAA.events.json"
    path.write_bytes(damaged(path.read_bytes(), damage))
    found = ActionFiles(folder).read("AAA")
    assert found is None or found.actions.splits[0].ratio > 0


def test_events_are_read_as_they_were_written(folder: Path) -> None:
    ActionFiles(folder).write("AAA", EVENTS)
    assert ActionFiles(folder).read("AAA") == EVENTS


def test_ranges_that_do_not_touch_are_not_joined() -> None:
    early = Cached(raw(all_days(date(2026, 1, 16))), JAN, date(2026, 1, 16))
    late = Cached(raw([date(2026, 2, 9)]), date(2026, 2, 9), date(2026, 2, 9))
    assert joined(early, late) is late
    touching = Cached(raw([date(2026, 1, 19)]), date(2026, 1, 17), date(2026, 1, 19))
    both = joined(early, touching)
    assert (both.first, both.last, len(both.bars)) == (JAN, date(2026, 1, 19), len(early.bars) + 1)
