"""Every command that a message names leads out: it is run as printed, and the command that was refused then succeeds.

A message that names a command and has no situation here fails `test_every_command_that_a_message_names_is_tried`.
"""

from __future__ import annotations

import ast
import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from live.config_file import load_config
from live.errors import StateDBError
from live.sim.faults import OrderFault, OrderFaultKind, Proceed, RequestFault, SimAnswer, SimRequest
from live.state_db.connection import Connection
from tests.backtest.test_next_steps import SITUATIONS as RESEARCH
from tests.builders import put_manifest
from tests.cli.account import CONFIG, TradingAccount, bars, day, offer
from tests.cli.done import Done
from tests.cli.printed import follow, named_commands
from tests.fault_actions import answer, change_answer
from tests.paths import ROOT
from tests.proofs.dying import Killed

Command = Callable[[TradingAccount], Done]
MARKET = (bars("AAA"), bars("BBB"), bars("CCC"), bars("DDD"))
NO_MESSAGES = frozenset({"backtest/__main__.py", "live/page/commands.py", "live/run/daily_page.py"})
"""Files whose texts name a program without telling anybody to start it, and those of the page: test_page.py."""


def nothing(account: TradingAccount) -> None:
    """A person does nothing by hand."""


@dataclass(frozen=True)
class Situation:
    """A message, how to meet it, and how it ends for the command that met it.

    source: the file that holds the text, and the command in it as `named_commands` gives it. fault: what goes wrong.
    command: ends with `code` and prints the text. by_hand: what a person does beside the printed commands. words: what
    he puts in the place of words in capitals. after: how the command ends when the printed ones were run.
    """

    source: str
    names: str
    fault: Callable[[TradingAccount], object]
    command: Command
    code: int
    by_hand: Callable[[TradingAccount], object] = nothing
    words: dict[str, str] = field(default_factory=dict)
    after: int = 0


# what is done


def place(account: TradingAccount) -> Done:
    return account.execute("place")


def poll(account: TradingAccount) -> Done:
    return account.execute("poll")


def protect(account: TradingAccount) -> Done:
    return account.execute("protect")


def generate(account: TradingAccount) -> Done:
    return account.generate("--no-report")


def doctor(account: TradingAccount) -> Done:
    return account.admin("doctor", "--manifest", account.manifest)


def generate_ccc(account: TradingAccount) -> Done:
    return account.generate("--report-file", account.report(day(1), offer("CCC", day(1))))


def monitor(account: TradingAccount) -> Done:
    return account.admin("status", "--check", "--json")


def admin(*words: str) -> Command:
    return lambda account: account.admin(*words)


# what goes wrong, and what a person does by hand


def clock(hour: str, n: int = 1) -> Callable[[TradingAccount], object]:
    return lambda account: account.go(day(n), hour)


def then(*steps: Callable[[TradingAccount], object]) -> Callable[[TradingAccount], object]:
    def do(account: TradingAccount) -> None:
        for step in steps:
            step(account)

    return do


def lost(account: TradingAccount) -> None:
    for path in account.folder.glob("state.db*"):
        path.unlink()


def no_backups(account: TradingAccount) -> None:
    for path in (account.folder / "backups").iterdir():
        path.unlink()


def entries_off(account: TradingAccount) -> None:
    assert account.admin("entries", "off", "--reason", "away").code == 0


def no_signal_files(account: TradingAccount) -> None:
    for path in account.signals.iterdir():
        path.unlink()


def damaged(account: TradingAccount) -> None:
    account.state_db.write_bytes(b"no database at all" * 50)


def no_manifest(account: TradingAccount) -> None:
    account.manifest.unlink()


def foreign_holding(account: TradingAccount) -> None:
    by_hand(account, "DDD", "buy", 7)


def fewer_shares(account: TradingAccount) -> None:
    """Somebody sold 40 of the 100 shares of AAA, and no record says so."""
    cancel_stop(account)
    by_hand(account, "AAA", "sell", 40)
    forget = change_answer(lambda _: [])
    account.exchange.faults.add(RequestFault("GET", "/v2/account/activities.*", forget, times=None))


def cancel_stop(account: TradingAccount) -> None:
    (stop,) = [one for one in account.broker.list_orders(status="open") if one.ticker == "AAA"]
    account.exchange.handle(SimRequest("DELETE", f"/v2/orders/{stop.id}", {}, b""))


def by_hand(account: TradingAccount, ticker: str, side: str, shares: int) -> None:
    order = {"symbol": ticker, "qty": str(shares), "side": side, "type": "market", "time_in_force": "day"}
    answered = account.exchange.handle(SimRequest("POST", "/v2/orders", {}, json.dumps(order).encode()))
    assert answered.status == 200, answered.body


def sold_twice(account: TradingAccount) -> None:
    """AAA was sold, and then the broker says that its stop, canceled for that, was filled as well."""
    cancel_stop(account)
    assert protect(account).code == 0
    (stop,) = [one for one in account.broker.list_orders(status="open") if one.ticker == "AAA"]
    assert account.admin("close", "AAA", "--yes").code == 0
    filled = {"status": "filled", "filled_qty": "100", "filled_avg_price": "90", "filled_at": "2026-02-03T16:00:00Z"}

    def change(rows: list[dict[str, object]]) -> list[dict[str, object]]:
        told = [row | (filled if row["id"] == stop.id else {}) for row in rows]
        return [row | {"legs": change(row["legs"]) if row.get("legs") else None} for row in told]  # type: ignore[arg-type]

    account.exchange.faults.add(RequestFault("GET", "/v2/orders", change_answer(change), times=None))


def no_stop_is_taken(account: TradingAccount) -> None:
    cancel_stop(account)
    refused = answer(403, {"code": 40310000, "message": "stop orders are not taken today"})
    account.exchange.faults.add(RequestFault("POST", "/v2/orders", refused, times=None))


def no_answer(account: TradingAccount) -> None:
    account.exchange.faults.add(RequestFault("GET", ".*", answer(503, {}), times=None))


def mended(account: TradingAccount) -> None:
    account.exchange.faults.clear()


def decided(account: TradingAccount) -> None:
    """09:00: a signal file that buys CCC is issued."""
    account.go(day(1), "09:00")
    done = account.generate("--report-file", account.report(day(1), offer("CCC", day(1))))
    assert done.code == 0, done.stderr


def placed(account: TradingAccount) -> None:
    """09:20: that file is accepted as the plan, its order is queued."""
    decided(account)
    assert account.go(day(1), "09:20").execute("place").code == 0


def exit_queued(account: TradingAccount) -> None:
    """Before the open a person has BBB sold; its sell waits for it."""
    account.go(day(1), "09:00")
    assert account.admin("close", "BBB", "--yes").code == 9


def strategy_changed(account: TradingAccount) -> None:
    account.settings = (*account.settings, "strategy.stop_loss_pct=8")


def unknown_then(setting: str) -> Callable[[TradingAccount], object]:
    """The plan was accepted by a version that recorded no settings, and another strategy is in force."""

    def do(account: TradingAccount) -> None:
        with closing(sqlite3.connect(account.state_db, isolation_level=None)) as raw:
            raw.execute("UPDATE run_log SET settings = NULL")
        account.settings = (*account.settings, setting)
        put_manifest(account.manifest, load_config(CONFIG, account.settings).strategy)

    return do


def put_back(account: TradingAccount) -> None:
    account.settings = account.settings[:-1]
    put_manifest(account.manifest, load_config(CONFIG, account.settings).strategy)


def appears_before_the_entries(account: TradingAccount) -> None:
    """A holding of somebody else appears after the run has compared the books."""
    decided(account)
    account.go(day(1), "09:31")
    foreign = {"asset_id": "x", "symbol": "ZZZ", "qty": "5", "side": "long", "avg_entry_price": "10"}
    add = change_answer(lambda rows: [*rows, foreign])
    account.exchange.faults.add(RequestFault("GET", "/v2/positions", add, skip=1, times=None))


def switched_on(account: TradingAccount) -> None:
    decided(account)
    assert account.admin("kill-switch", "on", "--reason", "a bad feeling").code in (0, 8)


def kill_folder(account: TradingAccount) -> None:
    (account.folder / "KILL").mkdir()


def without_kill_folder(account: TradingAccount) -> None:
    (account.folder / "KILL").rmdir()


def at_a_loss(account: TradingAccount) -> None:
    """CCC is to be bought when the equity is a tenth below its highest."""
    decided(account)
    account.settings = (*account.settings, "safety.max_drawdown_pct=10")
    less = change_answer(lambda one: one | {"equity": "400000", "last_equity": "400000"})
    account.exchange.faults.add(RequestFault("GET", "/v2/account", less, times=None))


def stopped_by_a_loss(account: TradingAccount) -> None:
    at_a_loss(account)
    assert place(account).code == 11


FULL = pytest.MonkeyPatch()


def full_disk_while_buying(account: TradingAccount) -> None:
    """CCC has bought 40 of its 100 shares when the disk is full."""
    placed(account)
    account.exchange.faults.add(OrderFault(OrderFaultKind.PARTIAL, symbol="CCC", shares=40))
    OPEN(account)
    real = Connection.transaction

    def full(self: Connection) -> AbstractContextManager[None]:
        if self.path is not None:
            raise StateDBError(f"state DB {self.path}: database or disk is full")
        return real(self)

    FULL.setattr(Connection, "transaction", full)


def with_space(account: TradingAccount) -> None:
    FULL.undo()
    mended(account)


def killed_probe(step: str) -> Callable[[TradingAccount], object]:
    """A probe is killed when it sends its first order of a type."""

    def do(account: TradingAccount) -> None:
        is_dead = False

        def act(request: SimRequest, proceed: Proceed) -> SimAnswer:
            nonlocal is_dead
            is_dead = is_dead or request.json().get("type") == step
            if is_dead:
                raise Killed
            return proceed()

        account.exchange.faults.add(RequestFault("*", ".*", act, times=None))
        with pytest.raises(Killed):
            PROBE(account)
        mended(account)

    return do


def no_pages(account: TradingAccount) -> None:
    account.settings = (*account.settings, f"paths.pages_dir={account.folder / 'pages'}")
    account.runtime = replace(account.runtime, has_pages=True)


def no_exchange(account: TradingAccount) -> None:
    """A new folder of a person who has made no exchange yet: the program opens the broker itself."""
    lost(account)
    (account.folder / "bars.csv").write_text(
        "symbol,date,open,high,low,close,volume\n"
        + "".join(f"AAA,{one},100,101,99,100,1000\n" for one in ("2026-02-02", "2026-02-03", "2026-02-04"))
    )
    account.runtime = None  # type: ignore[assignment]  # as from the shell
    account.settings = (*account.settings, f"paths.pages_dir={account.folder / 'pages'}")


def wrong_exchange(account: TradingAccount) -> None:
    no_exchange(account)
    account.settings = (*account.settings, f"broker.sim_file={account.folder / 'new.sim'}")


def name_exchange(account: TradingAccount) -> None:
    account.settings = (*account.settings, f"broker.sim_file={account.folder / 'new.sim'}")


WHY = {"…": "a test"}
PROBE = admin("probe", "--ticker", "DDD", "--max-price", "200", "--yes")
UNDO = admin("probe", "--undo", "--yes")
ENTRY_OF_AAA, EXIT_OF_BBB = f"{day(0):%Y%m%d}_AAA_entry_buy", f"{day(1):%Y%m%d}_BBB_exit_sell"
OPEN = clock("09:31")
ELEVEN = clock("11:00")
EXCHANGE = {"BARS": "{folder}/bars.csv", "FILE": "{folder}/new.sim", "USD": "100000", "MOMENT": "2026-02-02T12:00"}
SITUATIONS = [
    Situation("backtest/manifest.py", "backtest manifest", then(clock("09:00"), no_manifest), generate, 5),
    Situation("live/administer/advice.py", "live.admin repair", then(ELEVEN, foreign_holding), admin("reconcile"), 4),
    Situation("live/administer/advice.py", "live.admin repair", then(ELEVEN, fewer_shares), admin("reconcile"), 12),
    Situation(
        "live/administer/advice.py",
        "live.admin probe --undo",
        then(ELEVEN, killed_probe("stop")),
        admin("reconcile"),
        4,
    ),
    Situation(
        "live/administer/probe/start.py", "live.admin probe --undo", then(ELEVEN, killed_probe("stop")), PROBE, 9
    ),
    Situation("live/run/killed_runs.py", "live.admin probe --undo", then(ELEVEN, killed_probe("stop")), UNDO, 0),
    Situation("live/administer/backup.py", "live.admin restore", lost, admin("restore", "--list"), 0),
    Situation("live/administer/backup.py", "live.admin rebuild --dry-run", then(lost, no_backups), protect, 4),
    Situation(
        "live/administer/close.py",
        "live.admin reconcile",
        then(ELEVEN, fewer_shares),
        admin("close", "AAA", "--yes"),
        4,
    ),
    Situation(
        "live/administer/close.py",
        "live.executor --phase protect",
        clock("09:00"),
        admin("close", "AAA", "--yes"),
        9,
        OPEN,
    ),
    Situation(
        "live/administer/entries.py",
        "live.admin close",
        placed,
        admin("entries", "off", "--reason", "x"),
        0,
        words={"TICKER": "CCC"},
    ),
    Situation(
        "live/administer/orders_cancel.py",
        "live.admin close",
        ELEVEN,
        admin("orders", "cancel", ENTRY_OF_AAA, "--yes"),
        2,
        after=2,
    ),
    Situation(
        "live/administer/orders_cancel.py",
        "live.admin kill-switch on --exits",
        exit_queued,
        admin("orders", "cancel", EXIT_OF_BBB, "--yes"),
        2,
        after=2,
    ),
    Situation("live/administer/skip.py", "live.admin close", placed, admin("skip", "CCC", "--reason", "x"), 2, after=2),
    Situation(
        "live/administer/kill_switch.py",
        "live.admin kill-switch off",
        kill_folder,
        admin("kill-switch", "off"),
        3,
        without_kill_folder,
    ),
    Situation(
        "live/administer/queued_report.py",
        "live.executor --phase protect",
        full_disk_while_buying,
        admin("kill-switch", "on"),
        12,
        with_space,
    ),
    Situation(
        "live/administer/queued_report.py",
        "live.admin kill-switch on",
        then(placed, no_answer),
        admin("kill-switch", "on"),
        8,
        mended,
    ),
    Situation(
        "live/administer/kill_switch.py",
        "live.admin limits reset-peak",
        stopped_by_a_loss,
        admin("kill-switch", "off"),
        0,
    ),
    Situation(
        "live/administer/limits.py",
        "live.admin kill-switch off",
        stopped_by_a_loss,
        admin("limits", "reset-peak", "--reason", "x"),
        0,
    ),
    Situation("live/administer/rebuild.py", "live.admin repair", then(lost, no_backups, no_signal_files), protect, 4),
    Situation("live/administer/rebuild.py", "live.admin rebuild", then(lost, no_backups), protect, 4),
    Situation(
        "live/administer/reconcile.py",
        "live.executor --phase protect",
        then(ELEVEN, cancel_stop),
        admin("reconcile"),
        12,
    ),
    Situation("live/book/sync.py", "live.admin restore --list", lost, protect, 4),
    Situation("live/book/sync.py", "live.admin rebuild", then(lost, no_backups), protect, 4),
    Situation("live/brokers/sim.py", "live.sim init", no_exchange, protect, 6, name_exchange, EXCHANGE),
    Situation("live/sim/store.py", "live.sim init", wrong_exchange, protect, 6, nothing, EXCHANGE),
    Situation("live/doctor/book.py", "live.admin reconcile", then(ELEVEN, foreign_holding), doctor, 4),
    Situation("live/doctor/book.py", "live.executor --phase protect", then(ELEVEN, cancel_stop), doctor, 12),
    Situation("live/doctor/files.py", "live.admin backup", then(ELEVEN, no_backups), doctor, 0),
    Situation("live/doctor/files.py", "live.admin page", then(ELEVEN, no_pages), doctor, 0),
    Situation("live/doctor/state.py", "live.admin entries on", then(ELEVEN, entries_off), doctor, 0),
    Situation("live/execute/decide/limits.py", "live.admin kill-switch off", at_a_loss, place, 11),
    Situation("live/execute/decide/limits.py", "live.admin limits reset-peak", at_a_loss, place, 11),
    Situation("live/execute/executor.py", "live.admin reconcile", then(ELEVEN, sold_twice), protect, 4, mended),
    Situation(
        "live/execute/protect.py", "live.admin kill-switch off", then(ELEVEN, no_stop_is_taken), protect, 12, mended
    ),
    Situation("live/execute/decide/schedule.py", "live.executor --phase poll", decided, place, 0, OPEN),
    Situation(
        "live/execute/decide/lines.py", "live.executor --phase poll --skip-time-check", then(decided, ELEVEN), poll, 9
    ),
    Situation("live/execute/report.py", "live.executor --phase protect", then(placed, OPEN), poll, 0, clock("15:45")),
    Situation(
        "live/execute/decide/lines.py",
        "live.admin reconcile",
        appears_before_the_entries,
        poll,
        4,
        nothing,
        {"adopt": "ignore"},
    ),
    Situation("live/execute/decide/lines.py", "live.admin reconcile", then(decided, OPEN, foreign_holding), poll, 4),
    Situation(
        "live/execute/trade.py", "live.executor --phase poll", decided, lambda account: account.execute("all"), 9, OPEN
    ),
    Situation("live/generate/standing.py", "live.executor --phase place", clock("09:00"), generate_ccc, 0),
    Situation("live/generate/standing.py", "live.executor --phase poll", OPEN, generate_ccc, 0),
    Situation("live/generate/standing.py", "live.executor --phase poll --skip-time-check", ELEVEN, generate_ccc, 0),
    Situation("live/generate/standing.py", "live.executor --phase protect", clock("09:00"), generate, 0, ELEVEN),
    Situation("live/generate/pipeline.py", "live.admin reconcile", then(ELEVEN, foreign_holding), generate, 4),
    Situation("live/generate/summary.py", "live.executor", placed, generate, 0, OPEN),
    Situation(
        "live/generate/summary.py", "live.executor --phase protect", then(clock("09:00"), cancel_stop), generate, 9
    ),
    Situation(
        "live/run/bound_strategy.py", "backtest manifest", then(placed, strategy_changed, OPEN), poll, 5, after=5
    ),
    Situation(
        "live/run/bound_strategy.py",
        "live.executor --phase protect",
        then(placed, unknown_then("strategy.primary.period=12"), OPEN),
        poll,
        5,
        put_back,
    ),
    Situation(
        "live/signals/reader.py",
        "live.executor --phase protect",
        then(placed, unknown_then("strategy.stop_loss_pct=8"), OPEN),
        poll,
        5,
        put_back,
    ),
    Situation("live/inspect/orders.py", "live.admin orders list", nothing, admin("orders", "show", "X"), 2, after=2),
    Situation("live/inspect/runs.py", "live.admin runs list", nothing, admin("runs", "show", "X"), 2, after=2),
    Situation("live/run/startup.py", "live.admin kill-switch off", switched_on, place, 3),
    Situation("live/inspect/status_check.py", "live.executor --phase protect", then(ELEVEN, cancel_stop), monitor, 12),
    Situation("live/inspect/status_check.py", "live.admin status", clock("16:30"), monitor, 8, after=8),
    Situation("live/state_db/sqlite_file.py", "live.admin restore --list", damaged, protect, 13),
]


@pytest.fixture(scope="module")
def traded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder: AAA and BBB were bought on day 0; it is after its close."""
    folder = tmp_path_factory.mktemp("traded")
    account = TradingAccount(folder, *MARKET, in_file=True)
    account.trade(day(0), offer("AAA", day(0)), offer("BBB", day(0)))
    account.exchange.close()
    return folder


@pytest.fixture
def account(traded: Path, tmp_path: Path) -> Iterator[TradingAccount]:
    shutil.copytree(traded, tmp_path, dirs_exist_ok=True)
    yield TradingAccount(tmp_path, *MARKET, settings=[f"paths.signals_dir={tmp_path / 'signals'}"], in_file=True)
    FULL.undo()


@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda one: f"{Path(one.source).stem}: {one.names}")
def test_a_printed_command_leads_out(account: TradingAccount, situation: Situation) -> None:
    situation.fault(account)
    done = situation.command(account)
    assert done.code == situation.code, (done.stdout, done.stderr)
    situation.by_hand(account)
    words = {key: value.format(folder=account.folder) for key, value in (WHY | situation.words).items()}
    said = lead_out(account, done, words)
    assert any(name.startswith(situation.names) for text in said for name in named_commands(text)), said
    again = situation.command(account)
    assert again.code == situation.after, (said, again.stdout, again.stderr)


def lead_out(account: TradingAccount, done: Done, words: dict[str, str]) -> list[str]:
    """Run what a program names, then what that names, and so on; return the lines that were followed."""
    said: list[str] = []
    todo = [line_to_follow(done)]
    while todo:
        line = todo.pop(0)
        if line in said or len(said) > 8:
            continue
        said.append(line)
        todo += [line_to_follow(one) for one in follow(account, line, words)]
    return said


def line_to_follow(done: Done) -> str:
    """What a person reads: the error; without one the last line that names a command."""
    if done.code:
        return done.last_line
    return next((line for line in reversed(done.stdout.splitlines()) if "python -m" in line), "")


def test_force_is_offered_only_while_a_file_can_still_be_made(account: TradingAccount) -> None:
    placed(account)
    OPEN(account)
    foreign_holding(account)
    assert "--force" not in poll(account).last_line
    done = account.generate("--no-report", "--force")
    assert (done.code, "reconcile" in done.last_line, "frozen" in done.stdout + done.stderr) == (4, True, False)


# nothing is left out


def test_every_command_that_a_message_names_is_tried() -> None:
    tried = {(one.source, one.names) for one in (*SITUATIONS, *RESEARCH)}
    left = [
        (source, name)
        for source, name in texts()
        if not any(source == known and name.startswith(names) for known, names in tried)
    ]
    assert left == [], "a message names a command: add its situation"


def texts() -> Iterator[tuple[str, str]]:
    """Yield the file and each command of every text in it that is no docstring."""
    for path in sorted([*(ROOT / "live").rglob("*.py"), *(ROOT / "backtest").rglob("*.py")]):
        name = str(path.relative_to(ROOT))
        source = path.read_text(encoding="utf-8")
        if "python -m" in source and name not in NO_MESSAGES:
            for text in strings(ast.parse(source)):
                yield from ((name, one) for one in named_commands(text))


def strings(tree: ast.Module) -> Iterator[str]:
    """Yield every text but docstrings; what an f-string fills in is a sign that ends a command."""
    left_out: set[ast.AST] = set()
    for node in ast.walk(tree):
        if node in left_out:
            continue
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            left_out.add(node.value)
        elif isinstance(node, ast.JoinedStr):
            left_out |= {part for part in ast.walk(node) if part is not node}
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "… " for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
