"""`probe-YYYY-MM-DD.json`: what was asked, sent, answered and found, with the facts of docs/broker.md it decides."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from backtest.files import write_file
from backtest.money import format_price
from backtest.redaction import Redactor, Secret
from backtest.version import __version__
from live.administer.probe.asking import Finding, State
from live.administer.probe.undo import Left
from live.administer.probe.wire import Sent
from live.clock import iso_utc

FORMAT = 1
PAGE = "docs/broker.md"
_NAMES_OF_ACCOUNTS = frozenset({"account_id", "account_number"})


@dataclass(frozen=True, slots=True)
class Probe:
    """What one probe was and found. market: `open`, `closed`, or why neither is asked about. price: in 1/10,000 USD."""

    run_id: str
    began: datetime
    broker: str
    mode: str
    host: str
    market: str
    ticker: str
    price: int
    findings: tuple[Finding, ...]
    left: Left

    def count(self, state: State) -> int:
        return sum(one.state is state for one in self.findings)


def probe_json(probe: Probe, *, with_requests: bool) -> dict[str, object]:
    """Return it for `--json`, or with every request and answer for the file."""
    return {
        "format": FORMAT,
        "version": __version__,
        "run_id": probe.run_id,
        "began": iso_utc(probe.began),
        "broker": probe.broker,
        "mode": probe.mode,
        "host": probe.host,
        "market": probe.market,
        "ticker": probe.ticker,
        "price": format_price(probe.price),
        "page": PAGE,
        "answered": probe.count(State.ANSWERED),
        "unanswered": probe.count(State.UNANSWERED),
        "not_asked": probe.count(State.NOT_ASKED),
        "questions": [_finding_json(one, with_requests=with_requests) for one in probe.findings],
        "left": left_json(probe.left),
    }


def _finding_json(found: Finding, *, with_requests: bool) -> dict[str, object]:
    question = found.question
    content: dict[str, object] = {
        "id": question.id,
        "fact": question.fact,
        "question": question.words,
        "state": found.state.value,
        "answer": found.word or None,
        "seconds": None if found.seconds is None else round(found.seconds, 3),
        "why": found.why or None,
        "stated": list(question.expected),
        "as_stated": found.is_expected,
        "code_works_either_way": question.works_either_way,
        "embedded_exchange": question.simulated,
        "as_embedded_exchange": found.is_simulated,
    }
    return content | ({"requests": [_sent_json(one) for one in found.trail]} if with_requests else {})


def _sent_json(sent: Sent) -> dict[str, object]:
    return {
        "at": iso_utc(sent.at),
        "seconds": round(sent.seconds, 3),
        "method": sent.method,
        "path": sent.path,
        "query": dict(sent.query),
        "body": sent.body,
        "status": sent.status,
        "read_as": None if sent.kind is None else sent.kind.value,
        "headers": dict(sent.headers),
        "answer": _without_account(sent.content),
    }


def _without_account(content: Any) -> Any:
    if isinstance(content, Mapping):
        return {
            name: "***" if name in _NAMES_OF_ACCOUNTS else _without_account(value) for name, value in content.items()
        }
    if isinstance(content, list):
        return [_without_account(value) for value in content]
    return str(content) if isinstance(content, Decimal) else content


def left_json(left: Left) -> dict[str, object]:
    """Return what is left for `--json`: ids of orders, shares by ticker."""
    return {
        "orders": [one.id for one in left.orders],
        "shares": dict(left.shares),
        "unclear": list(left.unclear),
        "problem": left.problem or None,
    }


def free_path(folder: Path, day: date) -> Path:
    """Return a file of the day that is not there yet: an earlier probe's stays."""
    names = (f"probe-{day}.json", *(f"probe-{day}-{n}.json" for n in range(2, 1000)))
    return next(folder / name for name in names if not (folder / name).exists())


def write_record(path: Path, probe: Probe, redactor: Redactor, hidden: Iterable[str]) -> None:
    """Write the file, complete or not at all, mode 0600. hidden: what names the account. Raises InputError (7)."""
    text = json.dumps(probe_json(probe, with_requests=True), indent=1, default=str)
    accounts = Redactor(Secret(one) for one in hidden)
    write_file(path, (accounts.hide_known(redactor.hide_known(text)) + "\n").encode())
