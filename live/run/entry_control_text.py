"""Entries that a person has held back, for people and for `--json`: all of them off, or one vetoed."""

from __future__ import annotations

from datetime import date

from live.clock import iso_utc, new_york_text
from live.state_db.records import ByHand


def entries_off_text(said: ByHand) -> str:
    """Return that entries are off: since when, why, and who said so."""
    since = new_york_text(said.since) if said.since else "unknown"
    return f"entries are OFF since {since}, why: {said.why}, who: {said.who or 'unknown'}; exits and protection go on"


def veto_text(ticker: str, trade_date: date, said: ByHand) -> str:
    """Return a veto: what is not bought, why, and who said so."""
    return f"{ticker} is VETOED for {trade_date}, why: {said.why}, who: {said.who or 'unknown'}"


def entries_json(said: ByHand | None) -> dict[str, object]:
    """Return whether entries go out, as plain values."""
    if said is None:
        return {"on": True, "why": None, "since": None, "who": None}
    return {"on": False, "why": said.why, "since": said.since and iso_utc(said.since), "who": said.who}
