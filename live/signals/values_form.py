"""Small strict readers of a signal file's values; each names the place it complains about (SignalFormError, 7)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, NoReturn, TypeVar

from backtest.model import TICKER_PATTERN, ExitReason, Grade, GradeSource, Price, ReferenceSource
from backtest.reports.verdict import Verdict
from backtest.strict_json import JsonValue, describe, require_keys
from live.errors import SignalFormError
from live.signals.lines import MAX_LINES

WHAT = "signal file"
NEXT_STEP = "Run the signal generator to make today's file."
_PRICE = re.compile(r"(0|[1-9][0-9]{0,9})\.[0-9]{2,4}", re.ASCII)
_DECIMAL = re.compile(r"-?(0|[1-9][0-9]{0,5})(\.[0-9]{1,12})?", re.ASCII)
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\.[0-9]{6}Z", re.ASCII)
_Word = TypeVar("_Word", ExitReason, Grade, GradeSource, ReferenceSource, Verdict)


class ValueReader:
    """where: the file, for the messages."""

    def __init__(self, where: str) -> None:
        self._where = where

    def _refuse(self, place: str, found: object, expected: str) -> NoReturn:
        raise SignalFormError(
            f"{WHAT} invalid in {self._where}, {place}: {describe(found)} (expected {expected})", next_step=NEXT_STEP
        )

    def _object(self, raw: JsonValue, place: str, names: str) -> Mapping[str, Any]:
        return require_keys(raw, names.split(), where=f"{self._where}, {place}", what=WHAT)

    def _list(self, raw: JsonValue, place: str, most: int = MAX_LINES) -> list[JsonValue]:
        if not isinstance(raw, list):
            self._refuse(place, raw, "a list")
        if len(raw) > most:
            self._refuse(place, f"{len(raw)} lines", f"at most {most}")
        return raw

    def _whole(self, raw: JsonValue, place: str, least: int, most: int) -> int:
        if not isinstance(raw, int) or isinstance(raw, bool) or not least <= raw <= most:
            self._refuse(place, raw, f"a whole number from {least} to {most:,}")
        return raw

    def _text(self, raw: JsonValue, place: str, most: int) -> str:
        if not isinstance(raw, str) or not raw or len(raw) > most or not raw.isprintable():
            self._refuse(place, raw, f"printable text of 1 to {most} characters")
        return raw

    def _optional_text(self, raw: JsonValue, place: str) -> str | None:
        return None if raw is None else self._text(raw, place, 300)

    def _match(self, raw: JsonValue, place: str, form: re.Pattern[str]) -> str:
        if not isinstance(raw, str) or form.fullmatch(raw) is None:
            self._refuse(place, raw, f"text of the form {form.pattern}")
        return raw

    def _ticker(self, raw: JsonValue, place: str) -> str:
        return self._match(raw, place, TICKER_PATTERN)

    def _price(self, raw: JsonValue, place: str) -> Price:
        text = self._match(raw, place, _PRICE)
        price = int(Decimal(text) * 10_000)
        if price <= 0:
            self._refuse(place, raw, "a price above 0")
        return price

    def _optional_price(self, raw: JsonValue, place: str) -> Price | None:
        return None if raw is None else self._price(raw, place)

    def _gap(self, raw: JsonValue, place: str) -> float | None:
        return None if raw is None else float(self._match(raw, place, _DECIMAL))

    def _score(self, raw: JsonValue, place: str, *, bounded: bool = True) -> float | None:
        if raw is None:
            return None
        if isinstance(raw, bool) or not isinstance(raw, int | float) or (bounded and not 0 <= raw <= 100):
            self._refuse(place, raw, "a score from 0 to 100 or null")
        return float(raw)

    def _word(self, raw: JsonValue, place: str, words: type[_Word]) -> _Word:
        if not isinstance(raw, str) or raw not in {word.value for word in words}:
            self._refuse(place, raw, f"one of {', '.join(word.value for word in words)}")
        return words(raw)

    def _day(self, raw: JsonValue, place: str) -> date:
        try:
            day = date.fromisoformat(raw) if isinstance(raw, str) else None
        except ValueError:
            day = None
        if day is None or day.isoformat() != raw:
            self._refuse(place, raw, "a date YYYY-MM-DD")
        return day

    def _moment(self, raw: JsonValue, place: str) -> datetime:
        text = self._match(raw, place, _MOMENT)
        try:
            return datetime.fromisoformat(text.removesuffix("Z")).replace(tzinfo=UTC)
        except ValueError:
            self._refuse(place, raw, "a UTC moment")

    def _plain(self, raw: JsonValue, place: str) -> Mapping[str, str | int]:
        """A flat object of texts and whole numbers."""
        if not isinstance(raw, dict) or len(raw) > 100:
            self._refuse(place, raw, "a small object")
        for key, value in raw.items():
            if isinstance(value, bool) or not isinstance(value, str | int):
                self._refuse(f"{place}.{key}", value, "text or a whole number")
        return raw  # type: ignore[return-value]  # just checked, item by item
