"""`kill-switch on | off | status`: works without keys, without a broker and without a state DB."""

from __future__ import annotations

import getpass
import os
from functools import cache
from pathlib import Path

from backtest.errors import ConfigError
from backtest.text import strip_control
from live.clock import SystemClock
from live.config import LiveConfig, NotifyKind
from live.config_file import load_config
from live.errors import KillSwitchError, StateDBError
from live.inspect.opened import no_state_db_text
from live.notify.sending import send_now
from live.run.environment import check_environment
from live.run.kill_switch_text import OFF, kill_switch_json, kill_switch_text
from live.run.options import RunOptions
from live.run.outlets import hide_addresses, notifier_of, open_log
from live.run.program import Run
from live.run.runtime import Runtime
from live.run.startup import require_kill_switch_off
from live.state_db.db import StateDB
from live.state_db.kill_switch import (
    TurnedOn,
    kill_file_of,
    read_kill_switch,
    turn_kill_switch_off,
    turn_kill_switch_on,
)
from live.state_db.outbox import open_outbox
from live.state_db.records import KillSwitch

KILL_SWITCH_ON = "earnings-drift: kill switch on"
NO_REASON = "no reason given"
RESET_PEAK = 'python -m live.admin limits reset-peak --reason "…"'
_MOST_SIGNS = 500


def switch_on(run: Run, options: RunOptions, runtime: Runtime | None, *, reason: str, exits: bool) -> None:
    """Turn it on, cancel what is queued at the broker, and notify.

    The flag in the state DB comes first and takes no lock; without a usable DB the KILL file beside it counts. exits:
    queued sells are canceled too, and their stops restored. Raises StateDBError (13) when neither can be written.
    """
    path, config = _find_state_db(run, options)
    if config is None and options.state_db is None and not (options.config.exists() or path.exists()):
        raise not_on(ConfigError(f"neither {options.config} nor a state DB is in {Path.cwd()} (expected the home)"))
    if config is not None:
        hide_addresses(run.redactor, config)
        _open_log(run, config, path)
    why = run.redactor.redact(readable(reason)) or NO_REASON
    turned = turn_kill_switch_on(path, why, who_is_asking(), SystemClock())
    _print_turned_on(run, path, turned)
    from live.administer.queued_orders import cancel_queued  # late: the flag waits for nothing

    notify = cache(lambda: _notify(run, config, path, turned))  # once: after the cancels, unless they have to wait
    try:
        can_write = turned.db_problem is None
        cancel_queued(run, options, runtime, path, exits=exits, can_write=can_write, before_waiting=notify)
    finally:
        notify()


def not_on(error: ConfigError) -> StateDBError:
    """Return the end of `on` where no home is found: only 13 says that the switch is not on."""
    step = "Nothing is stopped yet: give the right folder with --home DIR, or the file with --state-db."
    return StateDBError(f"kill switch NOT on: {error.what}", next_step=step)


def switch_off(run: Run, options: RunOptions) -> None:
    """Turn it off, flag and KILL file. Raises KillSwitchError (3) when something still keeps it on."""
    path, config = _find_state_db(run, options)
    if config is not None:
        _open_log(run, config, path)
    before = read_kill_switch(path)
    if before.on:
        run.console.say(f"was: {kill_switch_text(before)}")
    switch = turn_kill_switch_off(path, who_is_asking(), SystemClock())
    _print_switch(run, path, switch)
    if switch.on and switch.source == "file":
        kill = kill_file_of(path)
        raise KillSwitchError(
            f"{kill_switch_text(switch)}; {kill} cannot be removed",
            next_step=f"Remove it by hand, then again: python -m live.admin kill-switch off ({kill})",
        )
    require_kill_switch_off(switch)
    if config is not None:
        _say_what_trips_again(run, path, config)


def switch_status(run: Run, options: RunOptions) -> None:
    """Say whether it is on. Raises KillSwitchError (3) when it is, so that a script can ask."""
    path, _ = _find_state_db(run, options)
    switch = read_kill_switch(path)
    if not path.exists():
        run.console.say(no_state_db_text(path))
    _print_switch(run, path, switch)
    require_kill_switch_off(switch)


def _open_log(run: Run, config: LiveConfig, path: Path) -> None:
    """Nothing about a log keeps the switch from being turned."""
    try:
        open_log(run, config, path, SystemClock())
    except StateDBError as error:
        run.console.warn(f"{error.what}; going on without it")


def _say_what_trips_again(run: Run, path: Path, config: LiveConfig) -> None:
    """While the equity is as far below its highest as the limit allows, the next run would turn the switch on again."""
    if config.safety.max_drawdown_pct is None or not path.exists():
        return
    from live.execute.decide.guards import drawdown  # late: only with this limit

    with StateDB.open_copy(path, SystemClock()) as db:
        seen = db.equity.latest()
    words = None if seen is None else drawdown(seen.equity, seen.peak, config.safety.max_drawdown_pct)
    if words is not None:
        run.console.say(f"{words}: the limit still holds. To trade again also: {RESET_PEAK}")


def _find_state_db(run: Run, options: RunOptions) -> tuple[Path, LiveConfig | None]:
    """Return the state DB's path; an unreadable configuration must not keep the switch from being turned on."""
    try:
        check_environment(os.environ)
    except ConfigError as error:
        run.console.warn(f"{error.what}; going on without it")
    try:
        config = load_config(options.config, options.settings)
        return options.state_db or config.paths.state_db, config
    except ConfigError as error:
        found = _without_settings(options)
        path = options.state_db or found.paths.state_db
        run.console.warn(f"{error.what}; going on without it, with the state DB {path}")
        return path, None


def _without_settings(options: RunOptions) -> LiveConfig:
    """Return the configuration without what --set says, else the usual one."""
    try:
        return load_config(options.config)
    except ConfigError:
        return LiveConfig()


def _print_switch(run: Run, path: Path, switch: KillSwitch) -> None:
    run.console.say(kill_switch_text(switch) if switch.on else OFF, "red" if switch.on else "green")
    run.report["kill_switch"] = {
        **kill_switch_json(switch),
        "state_db": str(path),
        "kill_file": str(kill_file_of(path)),
    }


def _print_turned_on(run: Run, path: Path, turned: TurnedOn) -> None:
    _print_switch(run, path, turned.switch)
    run.outcome.note(kill_switch_text(turned.switch))  # said: what follows does not say it again
    if turned.db_problem is not None:
        kill = kill_file_of(path)
        run.console.warn(f"the flag was not written, {kill} counts: {turned.db_problem.what}")
        if not turned.has_reason:
            run.console.warn(f"the reason could not be written into {kill}")
    if path.exists():
        run.console.say("No entry and no exit goes out any more; protective stops stay where they are.")
    else:
        run.console.warn(
            f"there is no state DB at {path.absolute()}: the file {kill_file_of(path).absolute()} stops the runs that "
            "use that one, and no others; name yours with --state-db PATH, or its folder with --home DIR"
        )


def _notify(run: Run, config: LiveConfig | None, path: Path, turned: TurnedOn) -> None:
    """Tell a person at once; nobody waits for it. Without a state DB that can be written it goes out directly."""
    if config is None:
        run.console.warn("without the configuration nobody was notified")
        return
    try:
        run.notifier = notifier_of(config, run.redactor)
    except ValueError:
        run.console.warn("notify.command cannot be read; nobody was notified")
        return
    words = kill_switch_text(turned.switch)
    topic = f"kill_switch:{words}"
    if path.exists() and turned.db_problem is None:
        try:
            with open_outbox(path) as run.notifier.outbox:
                run.notifier.send(NotifyKind.KILL_SWITCH, KILL_SWITCH_ON, words, topic=topic)
                run.notifier.leave_outbox()
            send_now(run.notifier)
            return
        except StateDBError:
            run.notifier.outbox = None
    run.notifier.send(NotifyKind.KILL_SWITCH, KILL_SWITCH_ON, words, topic=topic)
    send_now(run.notifier)


def readable(text: str) -> str:
    """Return words from a command line or the system as one line of text; bytes that are no UTF-8 become `?`."""
    return strip_control(text.encode("utf-8", "replace").decode()).strip()[:_MOST_SIGNS]


def who_is_asking() -> str:
    """Return the name of the person at the keyboard, as far as the system knows it."""
    try:
        return readable(getpass.getuser()) or "somebody"
    except (OSError, KeyError, ImportError):
        return "somebody"
