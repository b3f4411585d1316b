"""Starts the programs of a history, the daily ones and a person's, each as a new process would."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path

from backtest.reports.fields.grade import infer_grade
from live.admin import main as admin
from live.executor import main as executor
from live.signal_generator import main as generator
from tests.cli.account import day, offer
from tests.cli.done import Done, run_command
from tests.proofs.chaos.actions import break_world
from tests.proofs.chaos.schedule import Offer, Step
from tests.proofs.chaos.world import World
from tests.proofs.dying import Killed
from tests.proofs.invariants import Violation

PROTECTING = frozenset({"place", "poll", "all", "protect"})
"""Programs after which every share has its stop; the others only read, decide or sell."""
MOST_REPAIRS = 8


def start(world: World, step: Step, offers: tuple[Offer, ...], number: int, *, is_quiet: bool = False) -> Done | None:
    """Start the program of a step with what goes wrong in it; None when it was killed. All works again afterwards."""
    world.note(f"--- {step.program}")
    events = (*step.events, *world.schedule.always) if not is_quiet else ()
    world.begin_run()
    break_world(world, events)
    try:
        done = PROGRAMS[step.program](world, offers, number, is_quiet)
    except Killed:
        world.killed += 1
        world.note("killed")
        return None
    finally:
        world.mend()
    world.outputs += [done.stdout, done.stderr]
    world.note(f"ended {done.code}")
    return done


def start_second(world: World) -> None:
    """Start another run beside the one at work: it must end without having done anything (I10)."""
    broker, runtime = world.account.broker, world.account.runtime
    world.connect()
    world.is_second = world.is_joined = True
    try:
        _executor(world, "protect")
    finally:
        world.is_second = False
        world.account.broker, world.account.runtime = broker, runtime


def _executor(world: World, phase: str, *args: str, is_quiet: bool = False) -> Done:
    account = world.account
    given = ["--phase", phase, *account._common(), *args]
    return world.watch.run(
        phase, lambda: run_command(executor, given, account.runtime), is_dry="--dry-run" in args, is_quiet=is_quiet
    )


def _generator(world: World, offers: tuple[Offer, ...], number: int, *args: str) -> Done:
    account = world.account
    report = _report(world, offers, number)
    given = ["--output-dir", str(account.signals), *account._common(), "--report-file", str(report), *args]
    return world.watch.run(
        "generate",
        lambda: run_command(generator, given, account.runtime),
        is_dry="--dry-run" in args,
        protects=False,
    )


def _admin(world: World, *args: str, typed: str = "") -> Done:
    account = world.account
    flags = [*args, *account.admin_flags()]
    reads = args[0] in ("reconcile", "kill-switch")  # they leave no row in the run log
    return world.watch.run(
        f"admin {args[0]}",
        lambda: run_command(admin, flags, account.runtime, typed),
        is_dry=reads,
        asks_book=False,
        asks_row=False,  # what only looked when it ended leaves none
    )


def _unchanged(world: World, run: Callable[[], Done]) -> Done:
    """I18: a dry run changes no byte and sends nothing that changes anything."""
    before = _tree(world)
    done = run()
    after = _tree(world)
    if after != before and not world.is_joined:
        changed = sorted(dict(after.items() ^ before.items()))
        _say(world, "I18", f"a dry run changed {', '.join(changed)}")
    if world.account.broker.requests_sent().mutating:
        _say(world, "I18", "a dry run sent what changes something")
    return done


def _tree(world: World) -> dict[str, str]:
    """Return what lies in the account's folder, a KILL file that a person makes meanwhile apart."""
    return {name: sha256 for name, sha256 in world.account.tree().items() if name != "KILL"}


def _dry_place(world: World) -> Done:
    return _unchanged(world, lambda: _executor(world, "place", "--dry-run"))


def _dry_generate(world: World, offers: tuple[Offer, ...], number: int) -> Done:
    _report(world, offers, number)
    return _unchanged(world, lambda: _generator(world, offers, number, "--dry-run"))


def _report(world: World, offers: tuple[Offer, ...], number: int) -> Path:
    """Render the report of a day and return its path."""
    offered = [
        offer(
            one.ticker,
            day(number),
            one.score,
            price=world.printed_price(one.ticker),
            grade=infer_grade(one.score),
            company="Another Company" if one.is_doubtful else None,
        )
        for one in offers
    ]
    path = world.account.report(day(number), *offered)
    path.chmod(0o600)
    return path


def settle(world: World) -> Done:
    """A person does what `reconcile` names, one command after the other, until it names nothing more."""
    done = _admin(world, "reconcile", "--json")
    for _ in range(MOST_REPAIRS):
        if done.code != 4 or not done.json.get("mismatches"):
            break
        one = done.json["mismatches"][0]
        if not _repair(world, str(one["ticker"]), str(one["resolved_by"])):
            break
        world.connect()
        done = _admin(world, "reconcile", "--json")
    return done


def _repair(world: World, ticker: str, advice: str) -> bool:
    """Run the first command of an advice that works; return whether one did."""
    first = advice.split(", or ")[0].partition(" (")[0]
    price = world.account.exchange.inspect(lambda state: state.mark(ticker)) / 10_000
    commands = [first.replace("PRICE", f"{price:.2f}").replace("…", "looked at it")]
    if "--ignore" in advice:
        commands.append(f"python -m live.admin repair {ticker} --ignore --reason foreign")
    for command in commands:
        if not command.startswith("python -m live.admin "):
            return False
        world.connect()
        done = _admin(world, *shlex.split(command)[3:])
        world.outputs += [done.stdout, done.stderr]
        world.note(f"{command}: {done.code}")
        if done.code in (0, 9) or (done.code == 4 and f"] {ticker}:" not in done.last_line):
            return True  # 4: another one still differs
    return False


def _close_one(world: World) -> Done:
    held = sorted(world.account.held()) if world.account.state_db.exists() else []
    return _admin(world, "close", held[0] if held else "AAA", "--yes")


def _cancel_entries(world: World) -> Done:
    names = [one.client_order_id for one in world.open_orders(ours=True) if one.side == "buy"]
    return _admin(world, "orders", "cancel", names[0] if names else "20260202_AAA_entry_buy", "--yes")


def switch_off(world: World) -> Done:
    """A person has looked: the KILL file goes, then the flag."""
    (world.account.folder / "KILL").unlink(missing_ok=True)
    return _admin(world, "kill-switch", "off")


def _say(world: World, invariant: str, words: str) -> None:
    world.watch.report(Violation(invariant, world.account.exchange.now(), "", words))


def _phase(phase: str) -> Program:
    return lambda world, offers, number, is_quiet: _executor(world, phase, is_quiet=is_quiet)


Program = Callable[[World, tuple[Offer, ...], int, bool], Done]
PROGRAMS: dict[str, Program] = {
    "generate": lambda world, offers, number, _: _generator(world, offers, number),
    "place": _phase("place"),
    "poll": _phase("poll"),
    "all": _phase("all"),
    "protect": _phase("protect"),
    "dry generate": lambda world, offers, number, _: _dry_generate(world, offers, number),
    "dry place": lambda world, *_: _dry_place(world),
    "reconcile": lambda world, *_: _admin(world, "reconcile"),
    "settle": lambda world, *_: settle(world),
    "close": lambda world, *_: _close_one(world),
    "flatten": lambda world, *_: _admin(world, "flatten", "--yes"),
    "cancel entries": lambda world, *_: _cancel_entries(world),
    "switch on": lambda world, *_: _admin(world, "kill-switch", "on", "--reason", "not today"),
    "switch on --exits": lambda world, *_: _admin(world, "kill-switch", "on", "--exits"),
    "switch off": lambda world, *_: switch_off(world),
}
