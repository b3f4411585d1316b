"""What the second of two signal files says otherwise than the first: part by part, line by line; pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from itertools import zip_longest
from typing import Any

from live.signals.file import Inputs, SignalFile
from live.signals.lines import CandidateLine, EntryLine, ExitLine, HoldingLine, Line, SkipLine, line_json

TELLING = frozenset({"holdings", "candidates"})
"""The lists that decide nothing: files of before they existed have none, the shadow's has no candidates."""
WHOLE_LIST = "all"
"""The name of a change that is about all lines of a part: only one of the files lists any; the values are counts."""


class ChangeKind(StrEnum):
    """Whether something is only in the second file, only in the first, or in both and not the same."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One value in both files; as it stands there."""

    name: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. part: the file's key. name: the ticker, the report's file, or the key; of `changed` the fields.

    before, after: the line or value in each file, None where it is missing.
    """

    part: str
    name: str
    kind: ChangeKind
    fields: tuple[FieldChange, ...] = ()
    before: Any = None
    after: Any = None


def changes_between(first: SignalFile, second: SignalFile) -> tuple[Change, ...]:
    """Return every difference of two files, in the order of the file; run_id and generated_at are none."""
    return tuple(_changes(first, second))


def _changes(first: SignalFile, second: SignalFile) -> Iterator[Change]:
    for name in ("schema_version", "strategy", "trade_date", "as_of_session"):
        yield from _values("file", {name: str(getattr(first, name))}, {name: str(getattr(second, name))})
    yield from _values("account", asdict(first.account), asdict(second.account))
    yield from _inputs(first.inputs, second.inputs)
    for name in ("frozen", "unresolved"):
        yield from _names(name, getattr(first, name), getattr(second, name))
    has_other_ids = first.strategy != second.strategy  # a position has its id among its own strategy's
    for part in ("exits", "entries", "skipped", "holdings", "candidates"):
        before, after = getattr(first, part), getattr(second, part)
        if part in TELLING and bool(before) is not bool(after):
            kind = ChangeKind.ADDED if after else ChangeKind.REMOVED
            yield Change(part, WHOLE_LIST, kind, before=len(before), after=len(after))
        else:
            yield from _lines(part, before, after, {"position_id"} if has_other_ids else set())
    yield from _values("summary", first.summary, second.summary)


def _inputs(first: Inputs, second: Inputs) -> Iterator[Change]:
    yield from _values("reports", {one.file: one.sha256 for one in first.reports},
                       {one.file: one.sha256 for one in second.reports})  # fmt: skip
    yield from _values("inputs", _flat(first), _flat(second))


def _flat(inputs: Inputs) -> dict[str, Any]:
    """Return the other inputs by dotted name; what is absent has no name."""
    found: dict[str, Any] = {name: getattr(inputs, name) for name in ("config_sha256", "manifest_sha256")}
    for name in ("prices", "assets", "market_filter", "scan"):
        ref = getattr(inputs, name)
        if ref is not None:
            found |= {f"{name}.{key}": str(value) for key, value in asdict(ref).items()}
    return found


def _values(part: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    for name in dict.fromkeys((*before, *after)):
        old, new = before.get(name), after.get(name)
        if name not in before:
            yield Change(part, name, ChangeKind.ADDED, after=new)
        elif name not in after:
            yield Change(part, name, ChangeKind.REMOVED, before=old)
        elif old != new:
            yield Change(part, name, ChangeKind.CHANGED, (FieldChange(name, old, new),), old, new)


def _names(part: str, before: Sequence[str], after: Sequence[str]) -> Iterator[Change]:
    for name in sorted({*before} ^ {*after}):
        yield Change(part, name, ChangeKind.ADDED if name in after else ChangeKind.REMOVED)


def _lines(part: str, before: Sequence[Line], after: Sequence[Line], ignored: Collection[str]) -> Iterator[Change]:
    """Compare lines by their tickers; of several with the same one the first with the first. ignored: fields."""
    old, new = _by_ticker(before), _by_ticker(after)
    for ticker in dict.fromkeys((*old, *new)):
        for left, right in zip_longest(old.get(ticker, ()), new.get(ticker, ())):
            if left is None:
                yield Change(part, ticker, ChangeKind.ADDED, after=right)
            elif right is None:
                yield Change(part, ticker, ChangeKind.REMOVED, before=left)
            elif fields := tuple(one for one in _fields(left, right) if one.name not in ignored):
                yield Change(part, ticker, ChangeKind.CHANGED, fields, left, right)


def _by_ticker(lines: Sequence[Line]) -> dict[str, list[Line]]:
    found: dict[str, list[Line]] = {}
    for line in lines:
        found.setdefault(line.ticker, []).append(line)
    return found


def _fields(before: Line, after: Line) -> Iterator[FieldChange]:
    old, new = line_json(before), line_json(after)
    for name in dict.fromkeys((*old, *new)):  # a file leaves some fields out where they say nothing
        if old.get(name) != new.get(name):
            yield FieldChange(name, old.get(name), new.get(name))


def is_line(value: object) -> bool:
    """Return whether a value of a change is a line of a file."""
    return isinstance(value, ExitLine | EntryLine | SkipLine | HoldingLine | CandidateLine)
