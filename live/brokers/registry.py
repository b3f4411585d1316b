"""Finds broker adapters without importing them, and opens the chosen one; nothing is ever fallen back to.

An adapter is a module in `live/brokers/` with a literal `ADAPTER_META = {"id": …, "name": …}` and
two functions: `open_broker(request) -> Broker` and `find_keys(request) -> str | None`, which says where
its keys are without opening anything. It may also be an installed entry point of the group
`earnings_drift.brokers`, whose name is the id and whose value is such a module.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, cast

from backtest.plugins import Origin, Plugin, PluginsFound, find_installed, find_plugins
from backtest.redaction import Redactor
from live.broker import Broker
from live.config import LiveConfig
from live.errors import AdapterNotFoundError

ENTRY_POINT_GROUP = "earnings_drift.brokers"
LITERAL = "ADAPTER_META"
FUNCTIONS = ("open_broker", "find_keys")


@dataclass(frozen=True, slots=True)
class OpenRequest:
    """What an adapter is opened with.

    environ, folder: where settings and keys may be found (the environment, the project folder).
    ask_confirmation: prompts a person to type the words it is given, for a host; None when nobody is there.
    redactor: gets every secret that is found. read_only: nothing at the broker may change, files included.
    check_waits: raises when a price source must not wait any longer for an answer.
    """

    config: LiveConfig
    environ: Mapping[str, str] = field(repr=False)
    folder: Path
    redactor: Redactor
    enable_live: bool = False
    read_only: bool = False
    ask_confirmation: Callable[[str, str], str] | None = None
    check_waits: Callable[[], None] | None = None


class _AdapterModule(Protocol):
    def open_broker(self, request: OpenRequest) -> Broker: ...

    def find_keys(self, request: OpenRequest) -> str | None: ...


def find_adapters() -> PluginsFound:
    """Return the package's own adapters, read from their source text without importing them."""
    return find_plugins(Path(__file__).parent, "live.brokers", LITERAL, FUNCTIONS)


def find_all_adapters() -> PluginsFound:
    """Return our own adapters and the installed ones; it looks at every installed package."""
    return find_adapters().and_then(find_installed(ENTRY_POINT_GROUP, LITERAL, FUNCTIONS))


def find_adapter(broker_id: str) -> Plugin:
    """Return the adapter of this id, our own before installed ones. Raises AdapterNotFoundError."""
    own = find_adapters().by_id
    if broker_id in own:
        return own[broker_id]
    found = find_all_adapters()
    if broker_id in found.by_id:
        return found.by_id[broker_id]
    broken = found.broken_as(broker_id)
    if broken is not None:
        raise AdapterNotFoundError(f"the broker adapter {broker_id} cannot be used: {broken.place}: {broken.error}")
    known = ", ".join(sorted(found.by_id))
    raise AdapterNotFoundError(f"no broker adapter has the id {broker_id!r} (expected one of {known})")


def open_broker(broker_id: str, request: OpenRequest) -> Broker:
    """Open the broker of this id. Raises AdapterNotFoundError and whatever the adapter refuses (6)."""
    return _load(broker_id).open_broker(request)


def find_keys(broker_id: str, request: OpenRequest) -> str | None:
    """Return where the keys of this broker were found, None when it needs none.

    Raises AdapterNotFoundError, KeysError (6).
    """
    return _load(broker_id).find_keys(request)


def _load(broker_id: str) -> _AdapterModule:
    adapter = find_adapter(broker_id)
    try:
        return cast(_AdapterModule, importlib.import_module(adapter.module))
    except Exception as error:
        if adapter.origin is not Origin.INSTALLED:
            raise
        raise AdapterNotFoundError(
            f"the broker adapter {broker_id} cannot be imported: {adapter.path}: {error}"
        ) from error
