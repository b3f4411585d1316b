"""What an archived signal file proves ours, and what it does not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from backtest.model import ExitReason, Grade, GradeSource, ReferenceSource
from backtest.money import stop_price
from live.book.proof import is_proven, stop_loss_bp_of
from live.book.recover import recover
from live.broker import Order
from live.orders import Intent, order_id, parse_order_id
from live.signals.archive import Archive
from live.signals.file import AccountRef, Inputs, PricesRef, SignalFile, write_text
from live.signals.lines import EntryLine, ExitLine
from tests.live.state_db.builders import AS_OF, MORNING, D, a_db, bought, hold, order, oto

MINE = AccountRef("sim", "a" * 64, live=False)


def entry(ticker: str = "NVDA", shares: int = 71, reference: int = 1_402_000, bp: int = 1_000) -> EntryLine:
    return EntryLine(
        rank=1, ticker=ticker, shares=shares, reference_price=reference, reference_source=ReferenceSource.LAST_CLOSE,
        stop_price=stop_price(reference, bp), replaces=None, score=88.0, grade=Grade.A, grade_source=GradeSource.HTML,
        report_date=D, company_name="Nvidia", gap_size=5.2,
    )  # fmt: skip


def exit_line(ticker: str = "AMD", shares: int = 30) -> ExitLine:
    return ExitLine(7, ticker, shares, ExitReason.TREND_BREAK, 1_000_000)


def signal(**changes: object) -> SignalFile:
    usual = SignalFile(
        strategy="ema_p10", trade_date=D, as_of_session=AS_OF, run_id="run", generated_at=MORNING, account=MINE,
        inputs=Inputs((), "c" * 64, "d" * 64, PricesRef("sim", None, "e" * 64)), entries=(entry(),),
        exits=(exit_line(),),
    )  # fmt: skip
    return replace(usual, **changes)  # type: ignore[arg-type]


def named(intent: Intent, ticker: str = "NVDA", day: date = D, qty: int = 71, generation: str = "") -> Order:
    return order("x", order_id(day, ticker, intent) + generation, ticker, side=intent.side, qty=qty)


@pytest.mark.parametrize(
    ("one", "proven"),
    [
        (named(Intent.ENTRY), True),
        (named(Intent.ENTRY, qty=70), False),
        (named(Intent.ENTRY, "AMD"), False),
        (named(Intent.ENTRY, day=AS_OF), False),
        (replace(named(Intent.ENTRY), ticker="AMD"), False),
        (replace(named(Intent.ENTRY), side="sell"), False),
        (replace(named(Intent.ENTRY), type="limit"), False),
        (replace(named(Intent.ENTRY), type="limit", limit_price=Decimal("140.20")), False),
        (replace(named(Intent.ENTRY), type="stop"), False),
        (replace(named(Intent.ENTRY), qty=Decimal("71.5")), False),
        (replace(named(Intent.ENTRY), qty=None), False),
        (named(Intent.EXIT, "AMD", qty=30), True),
        (named(Intent.EXIT, "AMD", qty=12, generation="_2"), True),
        (named(Intent.EXIT, "AMD", qty=31), False),
        (named(Intent.EXIT, "NVDA", qty=71), False),
        (named(Intent.STOP, qty=71), False),
    ],
)
def test_f110_ticker_side_and_shares_stand_in_the_file_or_the_form_proves_nothing(one: Order, proven: bool) -> None:
    parsed = parse_order_id(one.client_order_id)
    assert parsed is not None
    assert is_proven(one, parsed, signal()) is proven


@pytest.mark.parametrize(("limit", "proven"), [("143.00", True), ("143.01", False), (None, False)])
def test_f110_an_entry_with_a_limit_is_proven_by_an_order_of_that_limit(limit: str | None, proven: bool) -> None:
    file = signal()
    limited = replace(file, entries=tuple(replace(one, limit_price=1_430_000) for one in file.entries))
    order = replace(named(Intent.ENTRY), type="limit", limit_price=None if limit is None else Decimal(limit))
    parsed = parse_order_id(order.client_order_id)
    assert parsed is not None
    assert is_proven(order, parsed, limited) is proven


@pytest.mark.parametrize("bp", [100, 150, 325, 500, 750, 1_000, 1_250, 2_000, 9_000])
@pytest.mark.parametrize("reference", [9_000, 10_500, 13_100, 19_900, 123_400, 1_402_000, 98_765_400])
def test_the_stops_distance_is_read_back_from_an_entry_line(reference: int, bp: int) -> None:
    line = entry(reference=reference, bp=bp)
    found = stop_loss_bp_of(line)
    assert stop_price(reference, found) == line.stop_price
    assert found == bp or (reference < 100_000 and bp % 100)  # a tick of a dollar is a percent at most


def archive(folder: Path, *files: SignalFile) -> Archive:
    for one in files:
        write_text(folder, one.file_name, one.text())
    return Archive((folder,), MINE, "ema_p10")


def test_f110_a_filled_entry_and_its_leg_come_back_as_the_position_they_were(tmp_path: Path) -> None:
    lost, kept = a_db(), a_db()
    hold(kept)
    known = recover(lost, [bought(oto(), "140.20")], archive(tmp_path, signal()), D)
    (position,) = lost.positions.open_positions()
    assert (position, known.unproven) == (kept.positions.open_positions()[0], ())
    assert [row.client_order_id for row in lost.orders.of_position(position.position_id)] == [
        row.client_order_id for row in kept.orders.of_position(position.position_id)
    ]


def test_f110_the_plan_of_today_comes_back_whole_and_of_earlier_days_only_what_was_sent(tmp_path: Path) -> None:
    file = signal(entries=(entry(), replace(entry("AMD", 10), rank=2)), exits=())
    for today, planned in ((D, ["20260217_AMD_entry_buy"]), (date(2026, 2, 18), [])):
        db = a_db()
        recover(db, [oto()], archive(tmp_path, file), today)
        assert [row.client_order_id for row in db.orders.unfinished() if row.status == "planned"] == planned


def test_without_a_file_it_stays_unproven(tmp_path: Path) -> None:
    db = a_db()
    found = recover(db, [bought(oto(), "140.20")], archive(tmp_path), D)
    assert [one.client_order_id for one in found.unproven] == ["20260217_NVDA_entry_buy"]
    assert db.positions.open_positions() == ()


@pytest.mark.parametrize("other", [{"account": replace(MINE, live=True)}, {"strategy": "nwl_p4"}])
def test_a_file_of_another_account_or_of_the_shadow_proves_nothing(tmp_path: Path, other: dict[str, object]) -> None:
    found = recover(a_db(), [oto()], archive(tmp_path, signal(**other)), D)
    assert len(found.unproven) == 1


def test_an_altered_file_proves_nothing_and_is_named(tmp_path: Path) -> None:
    whole = archive(tmp_path, signal(entries=(entry(shares=70),)))
    (path,) = tmp_path.iterdir()
    path.write_text(path.read_text().replace('"shares": 70', '"shares": 71'))
    found = recover(a_db(), [oto()], whole, D)
    assert len(found.unproven) == 1
    assert "does not fit content_sha256" in found.refused[0]


def test_what_the_db_knows_is_no_news(tmp_path: Path) -> None:
    db = a_db()
    hold(db)
    before = db.events.newest(limit=1)
    assert recover(db, [bought(oto(), "140.20")], archive(tmp_path, signal()), D).bookings == ()
    assert db.events.newest(limit=1) == before


def test_f136_a_rotation_of_which_nothing_was_sent_is_not_carried_out_after_a_loss(tmp_path: Path) -> None:
    """Funds may have given it up when its plan was accepted; one whose sell is at the broker goes on."""
    pair = replace(entry("MSFT", 10), rank=2, replaces="AMD")
    leaving = replace(exit_line(), reason=ExitReason.ROTATED_OUT, last_close=990_000)
    file = archive(tmp_path, signal(entries=(entry(), pair), exits=(leaving,)))
    for sent, ended, pending in (
        ([oto()], {"AMD", "MSFT"}, None),
        ([oto(), named(Intent.EXIT, "AMD", qty=30)], set(), ExitReason.ROTATED_OUT),
    ):
        db = a_db()
        hold(db, "AMD", 30, day=AS_OF)
        recover(db, [replace(one, id=f"id {n}") for n, one in enumerate(sent)], file, D)
        assert {row.ticker for row in db.orders.of_trade_date(D) if row.end_reason == "insufficient_funds"} == ended
        held = db.positions.open_for("AMD")
        assert held is not None
        assert held.pending_exit_reason == pending
