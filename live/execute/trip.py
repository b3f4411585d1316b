"""A limit that trips: entries and exits stop, and a loss turns the kill switch on (`safety.on_trip`)."""

from __future__ import annotations

from live.config import NotifyKind, OnTrip
from live.errors import SafetyLimitError
from live.execute.decide.guards import Refusal
from live.execute.decide.limits import safety_refusal, way_out
from live.execute.executor import Executor
from live.notify.notifier import code_topic


def ask_loss_limits(executor: Executor) -> None:
    """Ask drawdown and daily loss for the account as last read; a kill switch that is on already says enough."""
    if executor.db.system_config.kill_switch().on:
        return
    refusal = safety_refusal(executor.facts)
    if refusal is not None:
        trip(executor, refusal, refusal.words)


def trip(executor: Executor, refusal: Refusal, words: str) -> None:
    """Stop entries and exits of this run because of a limit (11, F107)."""
    on_trip = executor.config.safety.on_trip
    if refusal.is_loss and on_trip is OnTrip.KILL_SWITCH:
        executor.loss = refusal
        words += "; it turns the kill switch on"
    executor.halt(SafetyLimitError(words, next_step=way_out(refusal, on_trip)))


def latch_loss(executor: Executor) -> None:
    """Turn the kill switch on for a loss limit that tripped, and notify.

    Called when protection is done: shares without a stop below whose price the market is are still sold before.
    """
    loss = executor.loss
    if loss is not None and not executor.db.system_config.kill_switch().on:
        executor.db.system_config.turn_kill_switch_on(loss.words, executor.run.program)
        executor.run.notifier.send(
            NotifyKind.KILL_SWITCH,
            "earnings-drift: LOSS LIMIT, kill switch on",
            loss.words,
            topic=code_topic(SafetyLimitError.exit_code),
        )
