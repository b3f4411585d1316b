"""Every check, in the order in which runs would be refused: the first that fails decides the exit code.

A further check is a function with a line here. It returns one answer, or several under one name; a DriftError that it
raises is its fail, and what it lacks because an earlier check failed makes it "not asked".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from live.doctor import account, book, files, machine, market, messages, reports, settings, sources, state
from live.doctor.answer import Answer
from live.doctor.context import Context

Ask = Callable[[Context], Answer | Iterable[Answer]]

CHECKS: tuple[tuple[str, Ask], ...] = (
    ("python", machine.python),
    ("packages", machine.packages),
    ("time zone", machine.time_zone),
    ("environment", machine.environment),
    ("configuration", settings.configuration),
    ("home", settings.home),
    ("settings", settings.settings),
    ("state DB", state.state_db),
    ("disk", files.disk),
    ("folders", files.folders),
    ("private files", files.private_files),
    ("backups", files.backups),
    ("signal files", files.signal_files),
    ("pages", files.pages),
    ("lock", state.lock),
    ("kill switch", state.kill_switch),
    ("entries", state.entries),
    ("shadows", state.shadows),
    ("candidate sources", sources.sources),
    ("manifest", settings.manifest),
    ("keys", account.keys),
    ("broker", account.broker),
    ("account", account.account),
    ("account lock", account.account_lock),
    ("asset directory", reports.asset_directory),
    ("symbols", sources.symbols),
    ("report", reports.reports),
    ("clock", market.clock),
    ("response times", market.response_times),
    ("calendar reach", market.calendar_reach),
    ("calendar", market.calendar),
    ("prices", market.prices),
    ("market filter", market.market_filter),
    ("book", book.book),
    ("protection", book.protection),
    ("restrictions", account.restrictions),
    ("limits", account.limits),
    ("funds", account.funds),
    ("shorting", account.shorting),
    ("notifier", messages.notifier),
    ("test message", messages.test_message),
    ("heartbeat", messages.heartbeat),
)
