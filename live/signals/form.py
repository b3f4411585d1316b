"""The form of a signal file: every field of the type, range and grid it must have (SignalFormError, 7)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TypeVar

from backtest.model import ExitReason, Grade, GradeSource, ReferenceSource, SkipReason
from backtest.money import is_on_tick
from backtest.reports.verdict import Verdict
from backtest.strict_json import JsonValue, describe
from backtest.variant_settings import ID_PATTERN
from live.signals.file import (
    MAX_SHARES,
    AccountRef,
    AssetsRef,
    Inputs,
    MarketFilterRef,
    PricesRef,
    ReportRef,
    ScanRef,
    SignalFile,
)
from live.signals.lines import (
    MAX_CANDIDATES,
    MAX_HOLDINGS,
    MAX_LINES,
    MAX_NOTE,
    MAX_PROBLEM,
    CandidateLine,
    EntryLine,
    ExitLine,
    HoldingLine,
    SkipLine,
)
from live.signals.values_form import ValueReader

MAX_SKIPS = 20_000
MAX_SESSIONS = 100_000
_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)
_NUMBER = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,12})?", re.ASCII)
_CONFIRMED_BY = re.compile(r"name|price", re.ASCII)
_Line = TypeVar("_Line")


class FormReader(ValueReader):
    """Reads the whole of a file and each of its parts. where: the file, for the messages."""

    def signal_file(self, raw: JsonValue) -> tuple[SignalFile, str]:
        """Return the content and the content hash it states. Raises SignalFormError or InputError (both 7)."""
        names = "schema_version strategy trade_date as_of_session run_id generated_at account inputs frozen unresolved"
        names += " exits entries skipped holdings candidates summary content_sha256"
        top = self._object(_complete(raw, holdings=[], candidates=[]), "the file", names)
        signal = SignalFile(
            schema_version=self._whole(top["schema_version"], "schema_version", 1, 1000),
            strategy=self._match(top["strategy"], "strategy", ID_PATTERN),
            trade_date=self._day(top["trade_date"], "trade_date"),
            as_of_session=self._day(top["as_of_session"], "as_of_session"),
            run_id=self._text(top["run_id"], "run_id", 80),
            generated_at=self._moment(top["generated_at"], "generated_at"),
            account=self._account(top["account"]),
            inputs=self._inputs(top["inputs"]),
            frozen=tuple(self._ticker(item, "frozen") for item in self._list(top["frozen"], "frozen")),
            unresolved=tuple(self._ticker(item, "unresolved") for item in self._list(top["unresolved"], "unresolved")),
            exits=self._lines(top, "exits", self._exit),
            entries=self._lines(top, "entries", self._entry),
            skipped=self._lines(top, "skipped", self._skip, MAX_SKIPS),
            holdings=self._lines(top, "holdings", self._holding, MAX_HOLDINGS),
            candidates=self._lines(top, "candidates", self._candidate, MAX_CANDIDATES),
            summary=self._plain(top["summary"], "summary"),
        )
        self._together(signal)
        return signal, self._match(top["content_sha256"], "content_sha256", _SHA256)

    def _lines(
        self,
        top: Mapping[str, JsonValue],
        name: str,
        read: Callable[[JsonValue, str], _Line],
        most: int = MAX_LINES,
    ) -> tuple[_Line, ...]:
        return tuple(read(item, f"{name}[{i}]") for i, item in enumerate(self._list(top[name], name, most)))

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
            _complete(raw, assets=None, market_filter=None, scan=None),
            "inputs",
            "reports assets config_sha256 manifest_sha256 prices market_filter scan",
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
            market_filter=None if value["market_filter"] is None else self._market_filter(value["market_filter"]),
            scan=None if value["scan"] is None else self._scan(value["scan"]),
        )

    def _assets(self, raw: JsonValue) -> AssetsRef:
        value = self._object(raw, "inputs.assets", "source date sha256")
        return AssetsRef(
            self._text(value["source"], "inputs.assets.source", 40),
            self._day(value["date"], "inputs.assets.date"),
            self._match(value["sha256"], "inputs.assets.sha256", _SHA256),
        )

    def _market_filter(self, raw: JsonValue) -> MarketFilterRef:
        value = self._object(raw, "inputs.market_filter", "file max value sha256")
        series, sha256 = value["value"], value["sha256"]
        return MarketFilterRef(
            self._text(value["file"], "inputs.market_filter.file", 255),
            self._match(value["max"], "inputs.market_filter.max", _NUMBER),
            None if series is None else self._match(series, "inputs.market_filter.value", _NUMBER),
            None if sha256 is None else self._match(sha256, "inputs.market_filter.sha256", _SHA256),
        )

    def _scan(self, raw: JsonValue) -> ScanRef:
        value = self._object(raw, "inputs.scan", "source version symbols_file symbols_sha256")
        return ScanRef(
            self._text(value["source"], "inputs.scan.source", 40),
            self._text(value["version"], "inputs.scan.version", 80),
            self._text(value["symbols_file"], "inputs.scan.symbols_file", 255),
            self._match(value["symbols_sha256"], "inputs.scan.symbols_sha256", _SHA256),
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
            last_close=self._optional_price(value["last_close"], f"{place}.last_close"),
        )

    def _entry(self, raw: JsonValue, place: str) -> EntryLine:
        names = "rank ticker shares reference_price reference_source stop_price replaces score grade grade_source"
        value = self._object(
            _complete(raw, limit_price=None), place, f"{names} report_date company_name gap_size why limit_price"
        )
        reference = self._price(value["reference_price"], f"{place}.reference_price")
        stop = self._price(value["stop_price"], f"{place}.stop_price")
        if not is_on_tick(stop):
            self._refuse(f"{place}.stop_price", value["stop_price"], "a price on the tick grid")
        if stop >= reference:
            self._refuse(f"{place}.stop_price", value["stop_price"], "a price below reference_price")
        limit = self._optional_price(value["limit_price"], f"{place}.limit_price")
        if limit is not None and (not is_on_tick(limit) or limit < stop):
            expected = "a price on the tick grid, not below stop_price"
            self._refuse(f"{place}.limit_price", value["limit_price"], expected)
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
            gap_size=self._gap(value["gap_size"], f"{place}.gap_size"),
            why=self._plain(value["why"], f"{place}.why"),
            limit_price=limit,
        )

    def _skip(self, raw: JsonValue, place: str) -> SkipLine:
        value = self._object(_complete(raw, why={}), place, "ticker reason score why")
        reason = self._text(value["reason"], f"{place}.reason", 40)
        if reason not in set(SkipReason):
            self._refuse(f"{place}.reason", reason, "a skip reason")
        ticker = self._text(value["ticker"], f"{place}.ticker", 80)  # an invalid one is why it was skipped
        score = self._score(value["score"], f"{place}.score", bounded=False)
        return SkipLine(ticker, reason, score, self._plain(value["why"], f"{place}.why"))

    def _holding(self, raw: JsonValue, place: str) -> HoldingLine:
        names = (
            "position_id ticker shares entry_price stop_price last_close week_end week_close indicator weeks low high"
        )
        value = self._object(_complete(raw, figures={}), place, f"{names} sessions_held figures")
        position_id, week_end = value["position_id"], value["week_end"]
        return HoldingLine(
            position_id=None if position_id is None else self._whole(position_id, f"{place}.position_id", 1, 2**53),
            ticker=self._ticker(value["ticker"], f"{place}.ticker"),
            shares=self._whole(value["shares"], f"{place}.shares", 1, MAX_SHARES),
            entry_price=self._price(value["entry_price"], f"{place}.entry_price"),
            stop_price=self._price(value["stop_price"], f"{place}.stop_price"),
            last_close=self._optional_price(value["last_close"], f"{place}.last_close"),
            week_end=None if week_end is None else self._day(week_end, f"{place}.week_end"),
            week_close=self._optional_price(value["week_close"], f"{place}.week_close"),
            indicator=self._optional_price(value["indicator"], f"{place}.indicator"),
            weeks=self._whole(value["weeks"], f"{place}.weeks", 0, MAX_SESSIONS),
            low=self._optional_price(value["low"], f"{place}.low"),
            high=self._optional_price(value["high"], f"{place}.high"),
            sessions_held=self._whole(value["sessions_held"], f"{place}.sessions_held", 0, MAX_SESSIONS),
            figures=self._plain(value["figures"], f"{place}.figures"),
        )

    def _candidate(self, raw: JsonValue, place: str) -> CandidateLine:
        names = "ticker report report_date grade grade_source score price gap_size company_name verdict confirmed_by"
        value = self._object(_complete(raw, note=None), place, f"{names} problem note")
        confirmed_by, problem, note = value["confirmed_by"], value["problem"], value["note"]
        return CandidateLine(
            ticker=self._text(value["ticker"], f"{place}.ticker", 80),  # as the report has it
            report=self._text(value["report"], f"{place}.report", 255),
            report_date=self._day(value["report_date"], f"{place}.report_date"),
            grade=self._word(value["grade"], f"{place}.grade", Grade),
            grade_source=self._word(value["grade_source"], f"{place}.grade_source", GradeSource),
            score=self._score(value["score"], f"{place}.score", bounded=False),
            price=self._optional_price(value["price"], f"{place}.price"),
            gap_size=self._gap(value["gap_size"], f"{place}.gap_size"),
            company_name=self._optional_text(value["company_name"], f"{place}.company_name"),
            verdict=self._word(value["verdict"], f"{place}.verdict", Verdict),
            confirmed_by=None if confirmed_by is None else self._match(confirmed_by, place, _CONFIRMED_BY),
            problem=None if problem is None else self._text(problem, f"{place}.problem", MAX_PROBLEM),
            note=None if note is None else self._text(note, f"{place}.note", MAX_NOTE),
        )


def _complete(raw: JsonValue, **absent: JsonValue) -> JsonValue:
    """Return an object with the fields that files of before they existed lack: a plan accepted then goes on."""
    return {**absent, **raw} if isinstance(raw, dict) else raw
