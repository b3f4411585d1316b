"""Whether anybody would be told is judged by what is configured, installed and waiting."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from live.doctor.answer import Answer, Status
from live.doctor.messages import judge_notifier
from live.notify.channels import channels_of
from live.state_db.outbox import OutboxState

NOON = datetime(2026, 2, 3, 17, tzinfo=UTC)
CHANNELS = channels_of(("page-me", "x"), ("ntfy://hush",))


def judge(*, is_command_found: bool = True, has_apprise: bool = True, outbox: OutboxState | None = None) -> Answer:
    return judge_notifier(
        CHANNELS, is_command_found=is_command_found, has_apprise=has_apprise, outbox=outbox or OutboxState()
    )


def test_channels_are_named_without_their_addresses() -> None:
    found = judge()
    assert found.status is Status.OK
    assert found.detail.startswith("command, ntfy-")
    assert found.detail.endswith("; nothing sent yet")
    assert "hush" not in found.detail
    assert judge(outbox=OutboxState(last_sent=NOON)).detail.endswith("last sent 2026-02-03 12:00")


@pytest.mark.parametrize(
    ("missing", "words"),
    [("is_command_found", "notify.command page-me is not found"), ("has_apprise", "notify.urls without apprise")],
)
def test_a_channel_that_cannot_be_gone_is_9(missing: str, words: str) -> None:
    found = judge(is_command_found=missing != "is_command_found", has_apprise=missing != "has_apprise")
    assert (found.code, found.detail) == (9, words)


def test_a_message_that_nobody_took_is_a_warning_with_its_cause() -> None:
    waiting = OutboxState(1, NOON, "notify.command ended 3", None, has_failed=True)
    found = judge(outbox=waiting)
    assert (found.status, found.detail) == (
        Status.WARN,
        "1 notification not sent since 2026-02-03 12:00 New York: notify.command ended 3",
    )


def test_without_a_channel_nothing_is_wrong() -> None:
    nobody = judge_notifier((), is_command_found=True, has_apprise=False, outbox=OutboxState())
    assert (nobody.status, nobody.detail) == (Status.OK, "none configured")
