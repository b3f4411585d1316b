"""One message by one way, in this process and within a time."""

from __future__ import annotations

import threading
from dataclasses import dataclass

import pytest

from live.notify.channels import Channel, channels_of, send_within
from tests.live.notify.receiver import Receiver


def test_a_way_that_takes_it_says_nothing(receiver: Receiver) -> None:
    pytest.importorskip("apprise")
    (channel,) = channels_of((), (receiver.url,))
    assert send_within(channel, "title", "body", 5) is None
    assert receiver.titles() == ["title"]


def test_a_way_that_refuses_is_named_without_its_address(receiver: Receiver) -> None:
    pytest.importorskip("apprise")
    receiver.status = 500
    (channel,) = channels_of((), (receiver.url,))
    assert send_within(channel, "title", "body", 5) == f"notify.urls: {channel.name} did not take it"


def test_a_command_that_does_not_end_is_ended() -> None:
    assert (
        send_within(Channel("command", ("sleep", "60")), "t", "b", 0.05) == "notify.command did not end within 0.05 s"
    )


def test_a_way_that_never_answers_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("live.notify.channels.GRACE_S", 0)
    forever = threading.Event()

    @dataclass(frozen=True)
    class Silent(Channel):
        def send(self, title: str, body: str, *, seconds: float | None = None) -> str | None:
            forever.wait()
            return None

    assert send_within(Silent("ntfy-1"), "t", "b", 0.01) == "ntfy-1 did not answer within 0.01 s"
    forever.set()
