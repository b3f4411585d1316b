"""Why a mutant may survive: `survivors.toml`, written by hand.

[[reason]]
why = "one sentence"
changes = ['''
backtest/money.py to_price
- old line
+ new line''']
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path

from tests.proofs.mutants.mutant import Change

SURVIVORS = Path(__file__).with_name("survivors.toml")


def read_reasons(path: Path = SURVIVORS) -> dict[Change, str]:
    """Return why a change may go unnoticed, by change.

    Raises ValueError for an empty reason, a change named twice or a text of another form.
    """
    reasons: dict[Change, str] = {}
    for group in tomllib.loads(path.read_text(encoding="utf-8"))["reason"]:
        if not group["why"].strip():
            raise ValueError(f"{path}: a reason is empty")
        for text in group["changes"]:
            change = parse_change(text)
            if change in reasons:
                raise ValueError(f"{path}: named twice: {change.line}")
            reasons[change] = group["why"]
    return reasons


def parse_change(text: str) -> Change:
    """Return the change that `str` of one says; ValueError for another text."""
    head, _, lines = text.strip("\n").partition("\n")
    module, _, function = head.partition(" ")
    if not function or not lines or any(line[:1] not in ("-", "+") for line in lines.splitlines()):
        raise ValueError(f"no module, function and changed lines: {text!r}")
    return Change(module, function, lines)


_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"')
_NOT_WORDING = re.compile(r"python -m|SELECT|INSERT|UPDATE|DELETE|WHERE|ORDER BY")
"""In a text that a program reads, or that promises a command."""


def reason_of(change: Change, reasons: Mapping[Change, str]) -> str | None:
    """Return why a change may survive, or None."""
    return reasons.get(change) or ("only the wording of a sentence" if is_wording(change) else None)


def is_wording(change: Change) -> bool:
    """Return whether a change only spells a sentence otherwise: a text with a space in it, nothing else.

    What a sentence says is tested; how it is spelled need not be.
    """
    lines = change.text.splitlines()
    before, after = ("\n".join(line[2:] for line in lines if line[0] == sign) for sign in "-+")
    texts = [text for text in _TEXT.findall(before) if text not in _TEXT.findall(after)]
    if not texts or any(" " not in text.strip('" ') or _NOT_WORDING.search(text) for text in texts):
        return False
    return _TEXT.sub('""', before) == _TEXT.sub('""', after)
