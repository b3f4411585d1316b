"""A broker without mutating verbs: what `--dry-run` works with (I18)."""

from __future__ import annotations

from typing import Any, NoReturn

from live.broker import Broker

_MUTATING = frozenset({"place_order", "replace_order", "cancel_order", "request_cancel", "ask_once"})


class ReadOnlyBroker:
    """Passes every read on to the real broker; a mutating call is a bug and raises."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    def __getattr__(self, name: str) -> Any:
        if name in _MUTATING:
            return _refuse
        return getattr(self._broker, name)

    def __repr__(self) -> str:
        return f"ReadOnlyBroker({self._broker!r})"


def _refuse(*_args: object, **_named: object) -> NoReturn:
    raise AssertionError("a dry run must not send an order")


def read_only(broker: Broker) -> Broker:
    """Return the broker with its mutating verbs taken away."""
    return ReadOnlyBroker(broker)
