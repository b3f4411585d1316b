"""The state DB is lost, damaged or older than the broker's story: backup, restore, rebuild."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import ExitStack, closing
from fractions import Fraction
from pathlib import Path

import pytest

from backtest.model import Split
from live.run.lock import db_lock_path, hold_lock
from live.state_db.backup import list_backups
from tests.cli.account import HISTORY, TradingAccount, bars, day, offer
from tests.faults.ending import UNTOUCHED, Rerun, State, begins, fault_ends
from tests.live.sim.market import RestTrader

HELD = dict.fromkeys(("AAA", "BBB"), "100 at 100.00, stop 90.00")


@pytest.fixture(scope="module")
def bought(tmp_path_factory: pytest.TempPathFactory) -> TradingAccount:
    folder = tmp_path_factory.mktemp("bought")
    market = TradingAccount(
        folder, bars("AAA"), bars("BBB"), bars("CCC"), settings=[f"paths.signals_dir={folder / 'signals'}"]
    )
    market.trade(day(0), offer("AAA", day(0)), offer("BBB", day(0)))
    return market


@pytest.fixture
def account(bought: TradingAccount, tmp_path: Path) -> TradingAccount:
    """AAA and BBB were bought on day 0; it is after its close. Signal files lie where the configuration says."""
    return bought.copy_to(tmp_path)


def book(market: TradingAccount) -> dict[str, tuple[int, int, int, str | None]]:
    """What the state DB says of each open position: shares, entry, stop and the broker's id of its live stop."""
    with market.look() as db:
        return {
            row.ticker: (row.actual_shares, row.entry_price, row.stop_price, row.stop_order_id)
            for row in db.positions.open_positions()
        }


def lose(market: TradingAccount) -> None:
    for path in market.folder.glob("state.db*"):
        path.unlink()


def backups(market: TradingAccount) -> list[Path]:
    return [one.path for one in list_backups(market.state_db, market.folder / "backups")]


def sent(market: TradingAccount) -> int:
    return market.broker.requests_sent().mutating


# backup


def test_every_signal_file_leaves_a_backup_that_knows_it(account: TradingAccount) -> None:
    (path,) = backups(account)
    assert path.name == "state-20260202T140000Z.db"
    assert path.stat().st_mode & 0o777 == 0o600
    listed = account.admin("restore", "--list")
    assert listed.code == 0, listed.stderr
    (row,) = [line for line in listed.stdout.splitlines() if line.startswith("2026-02-02 09:00")]
    assert row.split()[2:] == ["0", "0", "2"]
    assert f"    file {path}" in listed.stdout
    path.unlink()
    assert "without one: python -m live.admin rebuild --dry-run" in account.admin("restore", "--list").stdout


def test_f131_a_backup_that_cannot_be_written_needs_a_hand_and_changes_no_code(account: TradingAccount) -> None:
    folder = account.folder / "backups"
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    folder.write_text("in the way")
    account.go(day(1), "09:00")
    done = fault_ends(
        "F131",
        account,
        lambda: account.generate("--no-report"),
        exit_code=0,
        last_line="",
        received=[],
        state=State(HELD),
        rerun=Rerun(0, mend=folder.unlink),
    )
    assert len(backups(account)) == 1
    assert "needs a hand: no backup of the state DB was made" in done.stdout


def test_a_backup_by_hand_goes_where_it_is_told(account: TradingAccount, tmp_path: Path) -> None:
    path = tmp_path / "elsewhere" / "copy.db"
    done = account.admin("backup", path, "--json")
    assert done.code == 0, done.stderr
    assert done.json["rows"]["positions"] == 2
    again = account.admin("backup")
    assert again.code == 0, again.stderr
    _, holds = again.stdout.splitlines()
    assert holds.startswith("2 open positions, last run 2026-02-02 15:45 New York; 2 positions, ")
    assert len(backups(account)) == 2


def test_the_state_db_is_no_place_for_its_own_backup(account: TradingAccount) -> None:
    before = account.tree()
    assert account.admin("backup", account.state_db).code == 2
    assert account.tree() == before


def test_without_a_state_db_there_is_nothing_to_copy(tmp_path: Path) -> None:
    market = TradingAccount(tmp_path, bars("AAA"))
    assert market.admin("backup").code == 13
    assert not market.state_db.exists()


# restore


def test_f110_a_restored_copy_is_brought_up_to_what_the_broker_says(account: TradingAccount) -> None:
    account.admin("backup", account.folder / "copy.db")
    account.trade(day(1), offer("CCC", day(1)))
    before, orders = book(account), sent(account)
    done = fault_ends(
        "F110",
        account,
        lambda: account.admin("restore", account.folder / "copy.db", "--yes"),
        exit_code=0,
        last_line="",
        received=[],
        state=State({**HELD, "CCC": HELD["AAA"]}, {"20260203_CCC_entry_buy": "filled 100/100"}),
        rerun=Rerun(0),
    )
    assert "20260203_CCC_entry_buy: ours by an archived signal file" in done.stdout
    assert book(account) == before
    assert set(before) == {"AAA", "BBB", "CCC"}
    account.go(day(2), "15:45")
    assert account.execute("protect").code == 0
    assert sent(account) == orders  # no stop is sent a second time


def test_f110_a_day_goes_on_with_the_backup_of_its_morning(account: TradingAccount) -> None:
    report = account.go(day(1), "09:00").report(day(1), offer("CCC", day(1)))
    account.generate("--report-file", report)
    account.go(day(1), "09:20").execute("place")
    account.go(day(1), "09:25")
    done = account.admin("restore", backups(account)[0], "--yes")
    assert done.code == 0, done.stderr
    assert "was killed" not in done.stdout  # the generator, which had made the copy
    account.go(day(1), "09:31")
    fault_ends(
        "F110",
        account,
        lambda: account.execute("poll"),
        exit_code=0,
        last_line="",
        received=[],
        state=State({**HELD, "CCC": HELD["AAA"]}, {"20260203_CCC_entry_buy": "filled 100/100"}),
        rerun=Rerun(0),
    )


def test_f110_what_no_archived_file_proves_is_named_and_left_alone(account: TradingAccount) -> None:
    account.admin("backup", account.folder / "copy.db")
    account.trade(day(1), offer("CCC", day(1)))
    for path in account.signals.glob(f"*{day(1)}*"):
        path.unlink()
    fault_ends(
        "F110",
        account,
        lambda: account.admin("restore", account.folder / "copy.db", "--yes"),
        exit_code=4,
        last_line=begins("error[4] CCC: broker holds 100 shares that are not ours", "repair CCC --adopt"),
        received=[],
        state=State(HELD),
        rerun=Rerun(
            4,
            begins("error[4] CCC: broker holds 100 shares that are not ours"),
            mend=lambda: account.go(day(2), "15:45"),
            run=lambda: account.execute("protect"),
        ),
    )


@pytest.mark.parametrize(
    "change",
    [
        lambda content: content["entries"][0].update(shares=99),
        lambda content: content["entries"][0].update(ticker="CCD"),
        lambda content: content["account"].update(id_sha256="0" * 64),
    ],
)
def test_f110_a_file_of_other_shares_ticker_or_account_proves_nothing(
    account: TradingAccount, change: Callable[[dict[str, object]], None]
) -> None:
    from live.signals.file import hash_content

    account.admin("backup", account.folder / "copy.db")
    account.trade(day(1), offer("CCC", day(1)))
    path = account.signals / f"trade_signals_{day(1)}_ema_p10.json"
    content = json.loads(path.read_text())
    change(content)
    content["content_sha256"] = hash_content({key: value for key, value in content.items() if key != "content_sha256"})
    path.write_text(json.dumps(content))
    foreign = begins("error[4] CCC: broker holds 100 shares that are not ours", "repair CCC --adopt")
    fault_ends(
        "F110",
        account,
        lambda: account.admin("restore", account.folder / "copy.db", "--yes"),
        exit_code=4,
        last_line=foreign,
        received=[],
        state=State(HELD),
        rerun=Rerun(4, foreign),
    )


def test_f110_stops_placed_since_the_backup_are_known_again_and_sent_no_second_time(account: TradingAccount) -> None:
    account.admin("backup", account.folder / "copy.db")
    for hour in ("11:00", "12:00"):
        account.go(day(1), hour)
        for order in account.broker.list_orders(status="open"):
            if order.ticker == "AAA":
                account.broker.cancel_order(order.id)
        assert account.execute("protect").code == 0
    before = book(account)
    fault_ends(
        "F110",
        account,
        lambda: account.admin("restore", account.folder / "copy.db", "--yes"),
        exit_code=0,
        last_line="",
        received=[],
        state=State(HELD, {"20260202_AAA_stop_sell_2": "new 0/100"}),
        rerun=Rerun(0, run=lambda: account.execute("protect")),
    )
    assert book(account) == before


def test_the_replaced_file_is_kept_and_its_log_never_reaches_the_new_one(account: TradingAccount) -> None:
    account.admin("backup", account.folder / "copy.db")
    account.state_db.with_name("state.db-wal").write_bytes(b"the log of another file")
    account.admin("restore", account.folder / "copy.db", "--yes")
    assert len(list(account.folder.glob("state.db.replaced-*"))) >= 1
    assert account.admin("reconcile").code == 0


def test_a_restore_asks_for_its_word(account: TradingAccount) -> None:
    account.admin("backup", account.folder / "copy.db")
    before = account.tree()
    assert account.admin("restore", account.folder / "copy.db", typed="yes\n").code == 2
    assert account.tree() == before
    assert account.admin("restore", account.folder / "copy.db", typed="RESTORE\n").code == 0


def test_a_backup_that_is_not_there_is_named_with_the_command_that_lists_them(account: TradingAccount) -> None:
    done = account.admin("restore", "nothing.db", "--yes")
    assert (done.code, "no backup nothing.db" in done.stderr) == (13, True)
    assert "python -m live.admin restore --list" in done.stderr


def test_f132_no_restore_beside_a_run(account: TradingAccount) -> None:
    account.admin("backup", account.folder / "copy.db")
    before = account.tree()

    def the_run_ends() -> None:
        assert account.tree() == before
        other.close()

    with ExitStack() as other:
        other.enter_context(hold_lock(db_lock_path(account.state_db)))
        fault_ends(
            "F132",
            account,
            lambda: account.admin("restore", account.folder / "copy.db", "--yes"),
            exit_code=10,
            last_line=begins("error[10] another run holds the lock in "),
            received=[],
            state=UNTOUCHED,
            rerun=Rerun(0, state=State(HELD), mend=the_run_ends),
        )


def test_a_kill_switch_that_is_on_survives_a_restore(account: TradingAccount) -> None:
    account.admin("backup", account.folder / "copy.db")
    account.admin("kill-switch", "on", "--reason", "a storm")
    done = account.admin("restore", account.folder / "copy.db", "--yes")
    assert done.code == 0, done.stderr
    asked = account.admin("kill-switch", "status")
    assert (asked.code, "a storm" in asked.stdout) == (3, True)


def test_f71_a_damaged_state_db_is_restored_and_kept(account: TradingAccount) -> None:
    account.state_db.write_bytes(b"no database")
    fault_ends(
        "F71",
        account,
        lambda: account.execute("protect"),
        exit_code=13,
        last_line=begins("error[13] state DB invalid in ", "live.admin restore --list"),
        received=[],
        state=UNTOUCHED,
        rerun=Rerun(
            0,
            state=State(HELD, kill_switch=True),
            run=lambda: account.admin("restore", backups(account)[0].name, "--yes"),
        ),
    )
    (kept,) = account.folder.glob("state.db.replaced-*")
    assert kept.read_bytes() == b"no database"
    assert account.admin("kill-switch", "status").code == 3  # nobody knows whether it was on


@pytest.mark.parametrize("content", [b"", b"no database", None])
def test_f132_what_is_no_sound_backup_is_13_and_changes_nothing(account: TradingAccount, content: bytes | None) -> None:
    path = account.folder / "copy.db"
    if content is not None:
        path.write_bytes(content)
    before = account.tree()

    def a_sound_one() -> None:
        assert account.tree() == before
        path.unlink(missing_ok=True)
        assert account.admin("backup", path).code == 0

    fault_ends(
        "F132",
        account,
        lambda: account.admin("restore", path, "--yes"),
        exit_code=13,
        last_line=begins("error[13] ", "copy.db", "live.admin restore --list"),
        received=[],
        state=UNTOUCHED,
        rerun=Rerun(0, state=State(HELD), mend=a_sound_one),
    )


def test_f132_a_backup_of_another_account_is_6_and_changes_nothing(account: TradingAccount) -> None:
    copy = account.folder / "copy.db"
    account.admin("backup", copy)
    with closing(sqlite3.connect(copy, isolation_level=None)) as raw:
        raw.execute("UPDATE system_config SET value = json_set(value, '$.account_id', 'other') WHERE key = 'account'")
    before = account.tree()

    def of_this_account() -> None:
        assert account.tree() == before
        copy.unlink()
        assert account.admin("backup", copy).code == 0

    fault_ends(
        "F132",
        account,
        lambda: account.admin("restore", copy, "--yes"),
        exit_code=6,
        last_line=begins("error[6] backup ", "copy.db belongs to another account: ", "Name a backup of this account"),
        received=[],
        state=UNTOUCHED,
        rerun=Rerun(0, state=State(HELD), mend=of_this_account),
    )


# lost, and rebuilt


def test_f77_every_program_asks_the_broker_before_it_says_nothing(account: TradingAccount) -> None:
    lose(account)
    account.go(day(1), "11:00")
    lost = begins("error[4] ", "the state DB is empty, but the broker has orders of ours", "live.admin rebuild")
    for words in (["flatten", "--yes"], ["close", "AAA", "--yes"], ["doctor", "--manifest", str(account.manifest)]):
        fault_ends(
            "F77",
            account,
            lambda words=words: account.admin(*words),
            exit_code=4,
            last_line=lost,
            received=[],
            state=UNTOUCHED,
            rerun=Rerun(4, lost),
        )
    assert account.admin("flatten", "--yes", "--dry-run").code == 4


def test_f77_a_lost_state_db_is_noticed_however_old_its_orders_are(account: TradingAccount) -> None:
    lose(account)
    account.go(day(25), "09:00")
    fault_ends(
        "F77",
        account,
        lambda: account.generate("--no-report"),
        exit_code=4,
        last_line=begins("error[4] ", "the state DB is empty, but the broker has orders of ours", "live.admin rebuild"),
        received=[],
        state=UNTOUCHED,
        rerun=Rerun(0, state=State(HELD, kill_switch=True), run=lambda: account.admin("rebuild", "--yes")),
    )


def test_f77_no_force_writes_over_the_files_that_prove_what_is_ours(account: TradingAccount) -> None:
    lose(account)
    account.go(day(0), "16:10")
    files = {path: path.read_bytes() for path in account.signals.iterdir()}
    lost = begins("error[4] ", "the state DB is empty, but the broker has orders of ours", "live.admin rebuild")
    fault_ends(
        "F77",
        account,
        lambda: account.generate("--no-report", "--force"),
        exit_code=4,
        last_line=lost,
        received=[],
        state=UNTOUCHED,
        rerun=Rerun(4, lost),
    )
    assert {path: path.read_bytes() for path in account.signals.iterdir()} == files


def test_i23_a_lost_state_db_is_rebuilt_from_broker_and_signal_files(account: TradingAccount) -> None:
    account.trade(day(1), offer("CCC", day(1)))
    account.go(day(2), "11:00")
    assert account.admin("close", "BBB", "--yes").code == 0
    before, orders = book(account), sent(account)
    lose(account)
    done = account.admin("rebuild", "--yes")
    assert done.code == 0, done.stderr
    assert book(account) == before
    assert set(before) == {"AAA", "CCC"}
    assert account.admin("kill-switch", "status").code == 3
    assert "lost: the highest equity seen" in done.stdout
    assert account.admin("kill-switch", "off").code == 0
    assert account.admin("reconcile").code == 0
    account.go(day(2), "15:45")
    assert account.execute("protect").code == 0
    assert sent(account) == orders
    account.trade(day(3), offer("BBB", day(3)))
    assert account.held() == {"AAA": 100, "BBB": 100, "CCC": 100}


def test_i23_an_exit_and_a_stop_out_are_rebuilt_with_their_reasons(tmp_path: Path) -> None:
    falling = bars("AAA", {HISTORY: "100", day(2): "80"})
    market = TradingAccount(tmp_path, falling, bars("BBB"), settings=[f"paths.signals_dir={tmp_path / 'signals'}"])
    market.trade(day(0), offer("AAA", day(0)), offer("BBB", day(0)))
    market.trade(day(1))
    market.go(day(2), "09:31").execute("protect")
    with market.look() as db:
        before = [(row.ticker, row.exit_date, row.exit_reason, row.pnl) for row in db.positions.ledger()]
    lose(market)
    assert market.admin("rebuild", "--yes").code == 0
    with market.look() as db:
        assert [(row.ticker, row.exit_date, row.exit_reason, row.pnl) for row in db.positions.ledger()] == before


def sell_by_hand(market: TradingAccount) -> None:
    """A person cancels the stop of AAA the day after and sells its 100 shares; the next run books that."""
    market.go(day(1), "10:00")
    trader = RestTrader(market.exchange)
    for order in trader.get("/v2/orders", status="open"):
        trader.cancel(order)
    trader.sell(qty="100")
    assert market.execute("protect").code == 0


def test_i23_a_stock_that_a_person_sold_and_that_was_bought_again_is_rebuilt_as_it_is(tmp_path: Path) -> None:
    falling = bars("AAA", {HISTORY: "100", day(1): "96"})
    market = TradingAccount(tmp_path, falling, settings=[f"paths.signals_dir={tmp_path / 'signals'}"])
    market.trade(day(0), offer("AAA", day(0)))
    sell_by_hand(market)
    market.trade(day(2), offer("AAA", day(2), price="96"))
    before = book(market)
    assert before["AAA"][1:3] == (960_000, 864_000)
    lose(market)
    done = market.admin("rebuild", "--yes")
    assert done.code == 0, done.stderr
    assert book(market) == before


def test_i23_a_new_entry_that_filled_as_it_was_submitted_is_rebuilt_as_a_position_of_its_own(tmp_path: Path) -> None:
    market = TradingAccount(tmp_path, bars("AAA"), settings=[f"paths.signals_dir={tmp_path / 'signals'}"])
    market.trade(day(0), offer("AAA", day(0)))
    sell_by_hand(market)
    market.go(day(2), "09:00")
    assert market.generate("--report-file", market.report(day(2), offer("AAA", day(2)))).code == 0
    market.go(day(2), "09:31")
    assert market.execute("all").code == 0
    with market.look() as db:
        assert [row.entry_date for row in db.positions.open_positions()] == [day(2)]
    lose(market)
    done = market.admin("rebuild", "--yes")
    assert done.code == 0, done.stderr
    with market.look() as db:
        assert [row.entry_date for row in db.positions.open_positions()] == [day(2)]


def test_i23_what_a_person_sold_before_a_split_is_rebuilt_in_the_units_of_then(tmp_path: Path) -> None:
    halved = bars("AAA", {HISTORY: "100", day(2): "50"})
    split = Split("AAA", day(2), Fraction(2))
    market = TradingAccount(tmp_path, halved, splits=[split], settings=[f"paths.signals_dir={tmp_path / 'signals'}"])
    market.trade(day(0), offer("AAA", day(0)))
    sell_by_hand(market)
    market.trade(day(3), offer("AAA", day(3), price="50"))
    before = book(market)
    assert before["AAA"][1] == 500_000
    lose(market)
    done = market.admin("rebuild", "--yes")
    assert done.code == 0, done.stderr
    assert book(market) == before
    with market.look() as db:
        closed = [row for row in db.positions.ledger() if row.exit_date is not None]
    assert [(row.exit_date, row.exit_price) for row in closed] == [(day(1), 993_000)]


def test_i23_a_dry_rebuild_changes_no_byte(account: TradingAccount) -> None:
    before = account.tree()
    done = account.admin("rebuild", "--dry-run")
    assert done.code == 0, done.stderr
    assert "AAA" in done.stdout
    assert account.tree() == before


def test_i23_a_rebuild_asks_for_its_word(account: TradingAccount) -> None:
    before = account.tree()
    assert account.admin("rebuild").code == 2
    assert account.tree() == before


def test_i23_without_signal_files_nothing_is_rebuilt(account: TradingAccount) -> None:
    for path in account.signals.iterdir():
        path.unlink()
    lose(account)
    done = account.admin("rebuild", "--yes")
    assert (done.code, "--signals-dir" in done.last_line) == (4, True)
    assert not account.state_db.exists()


def test_i23_what_is_not_proven_stays_foreign_and_ends_4(account: TradingAccount) -> None:
    account.trade(day(1), offer("CCC", day(1)))
    for path in account.signals.glob(f"*{day(1)}*"):
        path.unlink()
    lose(account)
    done = account.admin("rebuild", "--yes")
    assert done.code == 4
    assert "CCC" in done.last_line
    assert set(book(account)) == {"AAA", "BBB"}


def test_i23_a_file_that_a_killed_generator_left_out_is_written_by_the_executor_and_proves_its_orders(
    bought: TradingAccount, tmp_path: Path
) -> None:
    market = bought.copy_to(tmp_path)
    market.go(day(1), "09:00")
    assert market.generate("--report-file", market.report(day(1), offer("CCC", day(1)))).code == 0
    for path in market.signals.glob(f"*{day(1)}*"):
        path.unlink()  # killed between the commit and the files
    assert market.go(day(1), "09:20").execute("place", "--dry-run").code == 0
    assert list(market.signals.glob(f"*{day(1)}*")) == []
    assert market.execute("place").code == 0
    assert [path.name for path in market.signals.glob(f"*{day(1)}*")] == [f"trade_signals_{day(1)}_ema_p10.json"]
    assert market.go(day(1), "09:31").execute("poll").code == 0
    before = book(market)
    lose(market)
    assert market.admin("rebuild", "--yes").code == 0
    assert book(market) == before
    assert "CCC" in before
