"""The form of a signal file: every field of the type, range and grid it must have (SignalFormError, 7)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, NoReturn, TypeVar

from backtest.model import TICKER_PATTERN, ExitReason, Grade, GradeSource, Price, ReferenceSource, SkipReason
from backtest.money import is_on_tick
from backtest.strict_json import JsonValue, describe, require_keys
from live.errors import SignalFormError
from live.signals.file import (
    MAX_LINES,
    MAX_SHARES,
    AccountRef,
    AssetsRef,
    EntryLine,
    ExitLine,
    Inputs,
    PricesRef,
    ReportRef,
    SignalFile,
    SkipLine,
)

WHAT = "signal file"
NEXT_STEP = "Run the signal generator to make today's file."
MAX_SKIPS = 20_000
_PRICE = re.compile(r"(0|[1-9][0-9]{0,9})\.[0-9]{2,4}", re.ASCII)
_DECIMAL = re.compile(r"-?(0|[1-9][0-9]{0,5})(\.[0-9]{1,12})?", re.ASCII)
_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)
_STRATEGY = re.compile(r"[a-z]{1,8}_p[0-9]{1,3}", re.ASCII)
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\.[0-9]{6}Z", re.ASCII)
_Word = TypeVar("_Word", ExitReason, Grade, GradeSource, ReferenceSource)


class FormReader:
    """Small strict readers; each names the place it complains about. where: the file, for the messages."""

    def __init__(self, where: str) -> None:
        self._where = where

    def signal_file(self, raw: JsonValue) -> tuple[SignalFile, str]:
        """Return the content and the content hash it states. Raises SignalFormError or InputError (both 7)."""
        names = "schema_version strategy trade_date as_of_session run_id generated_at account inputs frozen unresolved"
        top = self._object(raw, "the file", f"{names} exits entries skipped summary content_sha256")
        signal = SignalFile(
            schema_version=self._whole(top["schema_version"], "schema_version", 1, 1000),
            strategy=self._match(top["strategy"], "strategy", _STRATEGY),
            trade_date=self._day(top["trade_date"], "trade_date"),
            as_of_session=self._day(top["as_of_session"], "as_of_session"),
            run_id=self._text(top["run_id"], "run_id", 80),
            generated_at=self._moment(top["generated_at"], "generated_at"),
            account=self._account(top["account"]),
            inputs=self._inputs(top["inputs"]),
            frozen=tuple(self._ticker(item, "frozen") for item in self._list(top["frozen"], "frozen")),
            unresolved=tuple(self._ticker(item, "unresolved") for item in self._list(top["unresolved"], "unresolved")),
            exits=tuple(self._exit(item, f"exits[{i}]") for i, item in enumerate(self._list(top["exits"], "exits"))),
            entries=tuple(
                self._entry(item, f"entries[{i}]") for i, item in enumerate(self._list(top["entries"], "entries"))
            ),
            skipped=tuple(
                self._skip(item, f"skipped[{i}]")
                for i, item in enumerate(self._list(top["skipped"], "skipped", MAX_SKIPS))
            ),
            summary=self._plain(top["summary"], "summary"),
        )
        self._together(signal)
        return signal, self._match(top["content_sha256"], "content_sha256", _SHA256)

    def _together(self, signal: SignalFile) -> None:
        """What single fields cannot show."""
        if signal.as_of_session >= signal.trade_date:
            self._refuse("as_of_session", signal.as_of_session.isoformat(), "a session before trade_date")
        sold = [line.ticker for line in signal.exits]
        bought = [line.ticker for line in signal.entries]
        for name, tickers in (("exits", sold), ("entries", bought)):
            if len(set(tickers)) != len(tickers):
                self._refuse(name, "a ticker twice", "each ticker once")
        if both := sorted(set(sold) & set(bought)):
            self._refuse("entries", f"{both[0]}, which is sold too", "no ticker in exits and entries")
        if len({line.position_id for line in signal.exits}) != len(sold):
            self._refuse("exits", "a position_id twice", "each position once")
        if [line.rank for line in signal.entries] != list(range(1, len(bought) + 1)):
            self._refuse("entries", "ranks out of order", "1, 2, 3 …")

    def _account(self, raw: JsonValue) -> AccountRef:
        value = self._object(raw, "account", "broker id_sha256 live")
        if not isinstance(value["live"], bool):
            self._refuse("account.live", describe(value["live"]), "true or false")
        return AccountRef(
            self._text(value["broker"], "account.broker", 40),
            self._match(value["id_sha256"], "account.id_sha256", _SHA256),
            value["live"],
        )

    def _inputs(self, raw: JsonValue) -> Inputs:
        value = self._object(
            _complete(raw, assets=None), "inputs", "reports assets config_sha256 manifest_sha256 prices"
        )
        reports = []
        for item in self._list(value["reports"], "inputs.reports"):
            report = self._object(item, "inputs.reports", "file sha256")
            reports.append(
                ReportRef(
                    self._text(report["file"], "inputs.reports.file", 255),
                    self._match(report["sha256"], "inputs.reports.sha256", _SHA256),
                )
            )
        prices = self._object(value["prices"], "inputs.prices", "source feed sha256")
        return Inputs(
            reports=tuple(reports),
            config_sha256=self._match(value["config_sha256"], "inputs.config_sha256", _SHA256),
            manifest_sha256=self._match(value["manifest_sha256"], "inputs.manifest_sha256", _SHA256),
            prices=PricesRef(
                self._text(prices["source"], "inputs.prices.source", 40),
                None if prices["feed"] is None else self._text(prices["feed"], "inputs.prices.feed", 40),
                self._match(prices["sha256"], "inputs.prices.sha256", _SHA256),
            ),
            assets=None if value["assets"] is None else self._assets(value["assets"]),
        )

    def _assets(self, raw: JsonValue) -> AssetsRef:
        value = self._object(raw, "inputs.assets", "source date sha256")
        return AssetsRef(
            self._text(value["source"], "inputs.assets.source", 40),
            self._day(value["date"], "inputs.assets.date"),
            self._match(value["sha256"], "inputs.assets.sha256", _SHA256),
        )

    def _exit(self, raw: JsonValue, place: str) -> ExitLine:
        names = "position_id ticker shares reason entry_price why last_close"
        value = self._object(_complete(raw, last_close=None), place, names)
        return ExitLine(
            position_id=self._whole(value["position_id"], f"{place}.position_id", 1, 2**53),
            ticker=self._ticker(value["ticker"], f"{place}.ticker"),
            shares=self._whole(value["shares"], f"{place}.shares", 1, MAX_SHARES),
            reason=self._word(value["reason"], f"{place}.reason", ExitReason),
            entry_price=self._price(value["entry_price"], f"{place}.entry_price"),
            why=self._plain(value["why"], f"{place}.why"),
            last_close=(
                None if value["last_close"] is None else self._price(value["last_close"], f"{place}.last_close")
            ),
        )

    def _entry(self, raw: JsonValue, place: str) -> EntryLine:
        names = "rank ticker shares reference_price reference_source stop_price replaces score grade grade_source"
        value = self._object(raw, place, f"{names} report_date company_name gap_size why")
        reference = self._price(value["reference_price"], f"{place}.reference_price")
        stop = self._price(value["stop_price"], f"{place}.stop_price")
        if not is_on_tick(stop):
            self._refuse(f"{place}.stop_price", value["stop_price"], "a price on the tick grid")
        if stop >= reference:
            self._refuse(f"{place}.stop_price", value["stop_price"], "a price below reference_price")
        return EntryLine(
            rank=self._whole(value["rank"], f"{place}.rank", 1, MAX_LINES),
            ticker=self._ticker(value["ticker"], f"{place}.ticker"),
            shares=self._whole(value["shares"], f"{place}.shares", 1, MAX_SHARES),
            reference_price=reference,
            reference_source=self._word(value["reference_source"], f"{place}.reference_source", ReferenceSource),
            stop_price=stop,
            replaces=None if value["replaces"] is None else self._ticker(value["replaces"], f"{place}.replaces"),
            score=self._score(value["score"], f"{place}.score"),
            grade=self._word(value["grade"], f"{place}.grade", Grade),
            grade_source=self._word(value["grade_source"], f"{place}.grade_source", GradeSource),
            report_date=self._day(value["report_date"], f"{place}.report_date"),
            company_name=self._optional_text(value["company_name"], f"{place}.company_name"),
            gap_size=None if value["gap_size"] is None else float(self._match(value["gap_size"], place, _DECIMAL)),
            why=self._plain(value["why"], f"{place}.why"),
        )

    def _skip(self, raw: JsonValue, place: str) -> SkipLine:
        value = self._object(_complete(raw, why={}), place, "ticker reason score why")
        reason = self._text(value["reason"], f"{place}.reason", 40)
        if reason not in set(SkipReason):
            self._refuse(f"{place}.reason", reason, "a skip reason")
        ticker = self._text(value["ticker"], f"{place}.ticker", 80)  # an invalid one is why it was skipped
        score = self._score(value["score"], f"{place}.score", bounded=False)
        return SkipLine(ticker, reason, score, self._plain(value["why"], f"{place}.why"))

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


def _complete(raw: JsonValue, **absent: JsonValue) -> JsonValue:
    """Return an object with the fields that files of before they existed lack: a plan accepted then goes on."""
    return {**absent, **raw} if isinstance(raw, dict) else raw
