"""The programs themselves: their command lines, and a day on which the broker answers one thing wrongly."""

from __future__ import annotations

import contextlib
import io
import json
import random
import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import click

from live.sim.faults import Proceed, RequestFault, SimAnswer, SimRequest
from tests.cli.done import Done
from tests.cli.lab import Lab, make_lab
from tests.proofs.fuzz.mutate import VALUES, change_text, how_many
from tests.proofs.fuzz.scratch import fresh_folder, scratch
from tests.proofs.fuzz.target import VALUE, Target, require
from tests.proofs.watching import Limits, Watch

CODES = frozenset(range(14)) - {1, 2}
BUG = 1
PHASES = ("place", "poll", "all", "protect")
_LAST_LINE = re.compile(r"^error\[(\d+)\] ")
MOST_EDITS = 5
MOST_REQUESTS = 24
CLOCKS = ("09:20", "09:31", "10:30", "15:45")


def ends_in_order(done: Done, what: str = "") -> None:
    """Assert that a run ended with a documented code and, unless 0, one last line that says it."""
    require(done.code != BUG, f"{what}a bug: {done.last_line[:250]}")
    require(done.code in CODES, f"{what}code {done.code}")
    require("Traceback" not in done.stderr + done.stdout, f"{what}a traceback")
    if done.code:
        found = _LAST_LINE.match(done.last_line)
        require(found and int(found[1]) == done.code, f"{what}no last line for code {done.code}")
        require(done.last_line.isprintable() and len(done.last_line) < 3_000, f"{what}a last line not fit to print")


# the command lines


@cache
def _commands() -> dict[str, click.Command]:
    from backtest.__main__ import cli
    from live.admin import main as admin
    from live.executor import main as executor
    from live.replay import main as replay
    from live.signal_generator import main as generator

    found: dict[str, click.Command] = {"executor": executor, "generator": generator, "replay": replay}
    for program, group in (("admin", admin), ("backtest", cli)):
        found |= {f"{program} {name}": command for name, command in _leaves(group)}
    return found


def _leaves(group: click.Command, above: str = "") -> Iterator[tuple[str, click.Command]]:
    if not isinstance(group, click.Group):
        yield above, group
        return
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if command is not None:
            yield from _leaves(command, f"{above} {name}".strip())


def _check_flags(case: bytes) -> str:
    """The first line names the command, every other one is an argument. Nothing is run: options are only read."""
    name, *args = case.decode("utf-8", "replace").replace("\0", "").split("\n")  # no argument holds a NUL
    command = _commands().get(name)
    if command is None:
        return "none"
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        try:
            command.make_context(name, list(args))
        except click.UsageError as error:
            require(error.exit_code == 2, f"code {error.exit_code}")
            require(error.format_message(), "a usage error without words")
            return "2"
        except click.exceptions.Exit as error:
            require(error.exit_code == 0, f"code {error.exit_code}")
    return VALUE


def _flags_seed() -> list[bytes]:
    return [name.encode() for name in _commands()]


_VALUES = (
    "", "-", "--", "AAA", "2026-02-30", "2026-01-05", "0", "-1", "1e3", "nan", "1..9", "place", "poll", "none",
    "true", "../x",
    "/dev/null", "~", "x" * 5_000, "=", "a=b", "strategy.max_positions=5", "10%", "1/2", "-q", "-v", "--json", "--help",
    "--version", "--home", "*", "\u202e", "５", "A,B,,C", "9" * 50, "5..15", "5..1", "1..5..0",
)  # fmt: skip


def _mutate_flags(case: bytes, rng: random.Random) -> bytes:
    name, *args = case.decode("utf-8", "replace").split("\n")
    if name not in _commands() or rng.random() < 0.05:
        name = rng.choice(list(_commands()))
    options = [flag for one in _commands()[name].params if isinstance(one, click.Option) for flag in one.opts]
    for _ in range(how_many(rng)):
        word = rng.choice((rng.choice(options or ["--help"]), rng.choice(_VALUES), rng.choice(_VALUES)))
        kind = rng.randrange(5)
        if kind == 0 and args:
            del args[rng.randrange(len(args))]
        elif kind == 1 and args:
            place = rng.randrange(len(args))
            args[place] = change_text(args[place].encode(), rng).decode("utf-8", "replace").replace("\n", " ")
        elif kind == 2 and word.startswith("--"):
            args.append(f"{word}={rng.choice(_VALUES)}")
        else:
            args.insert(rng.randint(0, len(args)), word)
    return "\n".join([name, *args]).encode("utf-8", "replace")


# a day with an answer that is wrong


@cache
def _morning() -> Lab:
    """A position with its stop, and something to sell and to buy; to be copied."""
    lab = make_lab(scratch() / "morning")
    lab.hold("AAA", "BBB")
    lab.go(1, "09:00").issue(1, sell=["AAA"], buy=["CCC"])
    return lab


def _check_day(case: bytes) -> str:
    try:
        plan = json.loads(case)
        phase, clock, edits = str(plan["phase"]), str(plan["clock"]), list(plan["edits"])
    except (ValueError, TypeError, KeyError, RecursionError):
        return "none"
    if phase not in PHASES or clock not in CLOCKS:
        return "none"
    lab = _morning().copy_to(fresh_folder("day"))
    lab.go(1, clock)
    watch = Watch(lab.market.exchange, lab.state_db, Limits.of(lab.config), is_lied_to=True)
    with watch.installed():
        lab.break_requests(RequestFault("*", ".*", _answers(edits), times=None))
        done = lab.run(phase, "--skip-time-check")
        ends_in_order(done)
        lab.mend()
        _mended(lab, "09:31" if clock == "09:20" else None)
    for words in watch.found:
        # an id that the broker made up in a list belongs to nobody
        require("order that is not ours" in words and _is_unknown(lab, words.rpartition("/")[2]), words)
    return str(done.code) if done.code else VALUE


def _is_unknown(lab: Lab, order_id: str) -> bool:
    return lab.market.ask("GET", f"/v2/orders/{order_id}")[0] == 404


def _mended(lab: Lab, clock: str | None) -> None:
    """The runs after it see what is true: they end in order, and agree with the exchange where they say so."""
    if clock is not None:
        lab.go(1, clock)
    for _ in range(2):
        later = lab.run("poll", "--skip-time-check")
        ends_in_order(later, "the run after it: ")
        if later.code == 0:
            require(lab.agrees(), "0, and state DB and exchange differ")
            return


def _answers(edits: list[Any]) -> Callable[[SimRequest, Proceed], SimAnswer]:
    """Change the answers of the requests that the edits name, by their number; lasting: of all such from there on."""
    asked: list[tuple[str, str]] = []

    def act(request: SimRequest, proceed: Proceed) -> SimAnswer:
        real = proceed()
        asked.append((request.method, request.path))
        for edit in edits[:MOST_EDITS]:
            number = edit.get("request") if isinstance(edit, dict) else None
            if not isinstance(number, int) or not 0 <= number < len(asked):
                continue
            if number == len(asked) - 1 or (edit.get("lasting") and asked[number] == asked[-1]):
                real = _edited(real, edit)
        return real

    return act


def _edited(real: SimAnswer, edit: dict[str, Any]) -> SimAnswer:
    if "status" in edit and isinstance(edit["status"], int) and 200 <= edit["status"] < 600:
        return SimAnswer(edit["status"], str(edit.get("body", "")).encode("utf-8", "replace"), {})
    try:
        content = json.loads(real.body)
    except ValueError:
        return real
    changed = _put_at(content, [one for one in edit.get("path", []) if isinstance(one, int)], edit.get("value"))
    return SimAnswer(real.status, json.dumps(changed).encode(), real.headers)


def _put_at(content: Any, path: list[int], value: Any) -> Any:
    """Put a value at a place that is found by numbers: the n-th member of an object or list, n modulo its size."""
    if not path or not isinstance(content, dict | list) or not content:
        return value
    if isinstance(content, list):
        place = path[0] % len(content)
        return [_put_at(one, path[1:], value) if n == place else one for n, one in enumerate(content)]
    key = list(content)[path[0] % len(content)]
    if value == "\x00gone" and len(path) == 1:
        return {name: one for name, one in content.items() if name != key}
    return content | {key: _put_at(content[key], path[1:], value)}


_PLAUSIBLE: tuple[Any, ...] = (
    "0", "1", "5", "10", "20", "-10", "100.00", "90.00", "102.00", "new", "accepted", "filled", "partially_filled",
    "canceled",
    "expired", "rejected", "replaced", "pending_cancel", "held", "done_for_day", "suspended", "buy", "sell",
    "market", "stop",
    "AAA", "BBB", "CCC", "ZZZ", None, [], {}, True, False, "\x00gone", "2026-01-06T14:31:00Z", "20260106_CCC_entry_buy",
    "20260105_AAA_stop_sell",
)  # fmt: skip


def _edit(rng: random.Random) -> dict[str, Any]:
    edit = {"request": rng.randrange(MOST_REQUESTS), "lasting": rng.random() < 0.6}
    if rng.random() < 0.2:
        return edit | {"status": rng.choice((200, 204, 404, 422, 429, 500)), "body": rng.choice(("", "{}", "[]"))}
    path = [rng.randrange(40) for _ in range(rng.choice((0, 1, 1, 2, 2, 3, 4)))]
    return edit | {"path": path, "value": rng.choice((*VALUES, *_PLAUSIBLE, *_PLAUSIBLE))}


def _mutate_day(case: bytes, rng: random.Random) -> bytes:
    try:
        plan = dict(json.loads(case))
        edits = list(plan["edits"])
    except (ValueError, TypeError, KeyError, RecursionError):
        plan, edits = {"phase": "place", "clock": "09:20"}, []
    if rng.random() < 0.3:
        plan |= {"phase": rng.choice(PHASES), "clock": rng.choice(CLOCKS)}
    for _ in range(how_many(rng)):
        if edits and rng.random() < 0.4:
            del edits[rng.randrange(len(edits))]
        edits.append(_edit(rng))
    return json.dumps(plan | {"edits": edits[-MOST_EDITS:]}).encode()


def _days_seed() -> list[bytes]:
    return [json.dumps({"phase": phase, "clock": clock, "edits": []}).encode()
            for phase, clock in (("place", "09:20"), ("all", "09:31"), ("poll", "09:31"), ("protect",
            "15:45"))]  # fmt: skip


TARGETS = (
    Target("flags", "the command lines", _check_flags, _flags_seed, _mutate_flags),
    Target(
        "executor-day", "wrong answers in a day of the executor", _check_day, _days_seed, _mutate_day, ".json", 10.0
    ),
)
