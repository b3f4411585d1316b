"""The exchange's time zone; apart from the calendar, so that printing a time does not load it."""

from __future__ import annotations

from zoneinfo import ZoneInfo

NEW_YORK = ZoneInfo("America/New_York")
