"""What an event's number may be beside a count."""

from __future__ import annotations

from typing import Annotated, TypeAlias

Units: TypeAlias = Annotated[int, "1/10,000 USD"]
"""A price or an amount, as the state DB keeps it."""
