"""Small pages for tests: one card in the commonest dress, and the frame around it."""

from __future__ import annotations

from pathlib import Path

from backtest.reports.directory import Directory
from backtest.reports.model import ReportReading
from backtest.reports.read import read_html

NAME = Path("earnings_trade_analysis_2026-02-17.html")
HEAD = "<h1>Earnings report</h1><p>February 17, 2026</p>"


def card(
    ticker: str = "NVDA",
    *,
    grade: str = "A",
    score: str = "91",
    price: str = "$140.20",
    gap: str = "+5.2%",
    company: str = "Nvidia Corp",
) -> str:
    return f"<div><h3>{ticker}</h3><p>{company}</p><p>Grade: {grade}</p><p>Score: {score}</p><p>Price: {price}</p><p>Gap: {gap}</p></div>"  # noqa: E501


def page(body: str, head: str = HEAD) -> bytes:
    return f"<html><body>{head}{body}</body></html>".encode()


def read(body: str, head: str = HEAD, *, directory: Directory | None = None) -> ReportReading:
    return read_html(NAME, page(body, head), directory=directory)
