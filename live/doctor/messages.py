"""Who would be told: the notifier and the heartbeat."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from urllib.parse import urlsplit

from live.child_process import TIME_LIMIT_S
from live.clock import new_york_minute
from live.doctor.answer import Answer, NotAskedError, fail, ok, warn
from live.doctor.conflicts import HOW_TO_CONFIGURE
from live.doctor.context import Context
from live.notify.channels import Channel, channels_of, send_within
from live.run.outlets import notifier_of
from live.state_db.outbox import OutboxState

TEST_TITLE = "earnings-drift: test message"
TEST_BODY = "Sent by admin doctor --send-test; nothing has happened."
NOT_SENT = 9
"""The code for which `status --check` stands as well when a notification could not be sent."""


def notifier(context: Context) -> Answer:
    """Ask whether each way of notifying a person can be gone, and what became of the last message."""
    try:
        channels = _channels(context)
    except ValueError as error:
        return fail(6, f"notify.command: {error} (expected a command line)", "Close the quote in notify.command.")
    opened = context.opened_or_none
    return judge_notifier(
        channels,
        is_command_found=all(shutil.which(one.command[0]) is not None for one in channels if one.url is None),
        has_apprise=find_spec("apprise") is not None,
        outbox=OutboxState() if opened is None else opened.db.outbox.state(),
    )


def _channels(context: Context) -> tuple[Channel, ...]:
    configured = notifier_of(context.config, context.run.redactor)
    return channels_of(configured.command, configured.urls)


def judge_notifier(
    channels: Sequence[Channel], *, is_command_found: bool, has_apprise: bool, outbox: OutboxState
) -> Answer:
    """Return whether the channels can be used. outbox: what became of earlier messages."""
    if not channels:
        return ok("none configured")
    if not is_command_found:
        return fail(NOT_SENT, f"notify.command {channels[0].command[0]} is not found", "Give its whole path.")
    if any(one.url is not None for one in channels) and not has_apprise:
        return fail(NOT_SENT, "notify.urls without apprise", "pip install 'earnings-drift[notify]'")
    if outbox.has_failed:
        return warn(outbox.sentence(), "It goes out with the next run; look at the address, or at the command.")
    last = "nothing sent yet" if outbox.last_sent is None else f"last sent {new_york_minute(outbox.last_sent)}"
    return ok(f"{', '.join(one.name for one in channels)}; {last}")


def test_message(context: Context) -> Iterator[Answer]:
    """Send a message by each way, where that was asked for; nothing of it is kept."""
    if not context.asked.send_test:
        return
    try:
        channels = _channels(context)
    except ValueError:  # `notifier` tells
        raise NotAskedError("notify.command cannot be read") from None
    if not channels:
        yield warn("no way to send it by: neither notify.command nor notify.urls", HOW_TO_CONFIGURE)
    for channel in channels:
        wrong = send_within(channel, TEST_TITLE, TEST_BODY, TIME_LIMIT_S)
        yield ok(f"sent by {channel.name}") if wrong is None else fail(NOT_SENT, wrong, "Look at the address.")


def heartbeat(context: Context) -> Answer:
    """Say where the heartbeat goes; nothing is asked of it."""
    url = context.config.heartbeat.url
    return ok("none configured" if url is None else f"{urlsplit(url).hostname}, not asked")
