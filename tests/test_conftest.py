"""The net under all tests."""

from __future__ import annotations

import os
import socket

import pytest


def test_a_connection_off_this_machine_fails_before_it_is_made() -> None:
    with socket.socket() as one, pytest.raises(AssertionError, match=r"192\.0\.2\.1"):
        one.connect(("192.0.2.1", 443))


def test_no_keys_of_the_developers_shell_are_seen() -> None:
    assert not [name for name in os.environ if name.startswith(("APCA_", "ALPACA_"))]
