"""Two signal files for people: what the second does otherwise, a sentence a difference."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from backtest.money import format_price
from backtest.tables import Column
from backtest.text import why_text
from live.clock import new_york_second
from live.inspect.decision_words import title_of
from live.inspect.diff_values import WHOLE_LIST, Change, ChangeKind, FieldChange
from live.inspect.explain_values import decided_in
from live.run.program import Run
from live.signals.file import SignalFile
from live.signals.lines import CandidateLine, EntryLine, ExitLine, HoldingLine, SkipLine
from live.signals.reader import LoadedSignalFile

CHANGES = (Column("part"), Column("what the second file says otherwise"))
HASH_SIGNS = 12
_LONG = 40
"""A text of so many signs without a blank is a hash, and is cut."""


def print_difference(run: Run, files: Sequence[LoadedSignalFile], changes: Sequence[Change]) -> None:
    """Print both files in short, then each difference. files: the first, the second."""
    for name, one in zip(("first", "second"), files, strict=True):
        signal = one.signal
        made = f"made {new_york_second(signal.generated_at)} New York by {signal.run_id}"
        content = f"content {_short(one.content_sha256)}"
        run.console.prose(f"{name}: {one.path}: {signal.strategy} for {signal.trade_date}, {made}, {content}")
    if not changes:
        run.console.say("no difference", "bold")
        return
    run.console.say(f"{len(changes)} difference{'s' * (len(changes) != 1)}", "bold")
    second = files[1].signal
    shown, moved = _told_apart(changes) if run.console.verbosity < 1 else (changes, 0)
    rows = [(one.part, sentence_of(one, second)) for one in shown]
    if moved:
        rows.append(("holdings", f"{moved} in both files with the numbers of another session (-v shows them)"))
    run.console.table(CHANGES, rows)


def _told_apart(changes: Sequence[Change]) -> tuple[Sequence[Change], int]:
    """Return the changes without the holdings whose numbers another session has moved, and how many those are."""
    if not any(one.part == "file" and one.name == "as_of_session" for one in changes):
        return changes, 0
    shown = [one for one in changes if one.part != "holdings" or one.kind is not ChangeKind.CHANGED]
    return shown, len(changes) - len(shown)


def sentence_of(change: Change, second: SignalFile) -> str:
    """Return one difference in a sentence. second: the file that says otherwise."""
    if change.name == WHOLE_LIST:
        lists, listed = ("second", "first") if change.kind is ChangeKind.REMOVED else ("first", "second")
        return f"the {lists} file lists none, the {listed} {change.before or change.after}"
    if change.kind is ChangeKind.CHANGED:
        return f"{change.name}: {', '.join(_field_words(one, change.name) for one in change.fields)}"
    if change.kind is ChangeKind.ADDED:
        return f"{change.name}: {_added(change)}"
    return f"{change.name}: {_removed(change, second)}"


def _field_words(field: FieldChange, name: str) -> str:
    said = f"{_short(field.after)} instead of {_short(field.before)}"
    return said if field.name == name else f"{field.name.replace('_', ' ')} {said}"


def _added(change: Change) -> str:
    line = change.after
    if isinstance(line, EntryLine):
        return (
            f"bought: {line.shares} shares, rank {line.rank}, reference price {format_price(line.reference_price)}, "
            f"stop {format_price(line.stop_price)}"
            + ("" if line.limit_price is None else f", limit {format_price(line.limit_price)}")
            + (f", replaces {line.replaces}" if line.replaces else "")
        )
    if isinstance(line, ExitLine):
        return f"sold: {line.shares} shares, {line.reason.value}{_why(line.why)}"
    if isinstance(line, SkipLine):
        return f"skipped: {line.reason}{_why(line.why)}"
    if isinstance(line, HoldingLine):
        return f"held and not sold: {line.shares} shares"
    if isinstance(line, CandidateLine):
        return f"a candidate of {line.report}, {line.verdict.value}"
    return "added" if line is None else f"added: {_short(line)}"


def _removed(change: Change, second: SignalFile) -> str:
    """Return that something is gone, and what the second file says of the ticker in its place."""
    words = {
        EntryLine: "not bought any more",
        ExitLine: "not sold any more",
        SkipLine: "not skipped any more",
        HoldingLine: "not among the holdings that stay any more",
        CandidateLine: "no candidate any more",
    }.get(type(change.before), "not there any more")
    if change.before is None or isinstance(change.before, str | CandidateLine):
        return words
    instead = [title_of(one) for one in decided_in(second, change.name)]
    return f"{words}; {', '.join(instead) if instead else 'the second file does not name it'}"


def _why(why: Any) -> str:
    return f", {why_text(why)}" if why else ""


def _short(value: Any) -> str:
    """Return a value as text: a hash only by its beginning, a dash for none."""
    if value is None or value == "":
        return "-"
    text = ", ".join(f"{key} {item}" for key, item in value.items()) if isinstance(value, dict) else str(value)
    return f"{text[:HASH_SIGNS]}…" if len(text) > _LONG and " " not in text else text or "-"
