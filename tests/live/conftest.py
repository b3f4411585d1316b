"""Fixtures of the tests that talk HTTP."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import responses


@pytest.fixture
def http() -> Iterator[None]:
    """Requests are answered by what the test registers with `responses`, and by nothing else."""
    with responses.mock:
        yield
