"""Earnings reports rendered as HTML in several templates that look nothing like each other.

Made for the demo, the tests and the acceptance run: what a page prints is what the candidate says, so
reading it back must give the same candidates.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from html import escape
from pathlib import Path

from backtest.model import Candidate, Grade
from backtest.money import format_price

FILE_NAME = "earnings_trade_analysis_{day}.html"
NOTE = "Synthetic page made by a program; no real company, price or recommendation."


def render_report(day: date, candidates: Sequence[Candidate], template: str) -> str:
    """Return the page of one report date, `template` one of `TEMPLATES`; without candidates a page that says so."""
    body = _RENDERERS[template](candidates) if candidates else _nothing_qualified()
    title = f"Earnings Trade Analysis - {day:%B} {day.day}, {day.year}"
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>\n'
        f"<style>{_STYLES[template]}</style></head>\n<body>\n<h1>{title}</h1>\n{body}\n"
        f'<footer class="disclaimer"><p>{NOTE}</p></footer>\n</body></html>\n'
    )


def write_reports(folder: Path, candidates: Sequence[Candidate], templates: Sequence[str] = ()) -> dict[date, Path]:
    """Write one `earnings_trade_analysis_YYYY-MM-DD.html` a report date, templates in turn; return date → path.

    candidates: kept in the order given, which is the report's order.
    """
    folder.mkdir(parents=True, exist_ok=True)
    by_day: dict[date, list[Candidate]] = {}
    for candidate in candidates:
        by_day.setdefault(candidate.report_date, []).append(candidate)
    written: dict[date, Path] = {}
    chosen = tuple(templates) or TEMPLATES
    for number, day in enumerate(sorted(by_day)):
        path = folder / FILE_NAME.format(day=day)
        path.write_text(render_report(day, by_day[day], chosen[number % len(chosen)]), encoding="utf-8")
        written[day] = path
    return written


def _cards(candidates: Sequence[Candidate]) -> str:
    """Flat cards: heading with ticker and company, a grade badge, label over value, the total in words."""
    counts = "".join(
        f'<div class="summary-card"><div class="value">{sum(c.grade is grade for c in candidates)}</div>'
        f'<div class="label">{grade}-Grade Stocks</div></div>'
        for grade in Grade
    )
    cards = "\n".join(_card(candidate) for candidate in candidates)
    return f'<div class="summary">{counts}</div>\n<div class="stock-grid">\n{cards}\n</div>'


def _card(candidate: Candidate) -> str:
    company = f" - {escape(candidate.company_name)}" if candidate.company_name else ""
    metrics = "".join(
        f'<div class="metric"><span class="metric-label">{label}</span> <span class="metric-value">{value}</span></div>'
        for label, value in _facts(candidate, price="Current Price", gap="Gap Up")
    )
    total = (
        "" if candidate.score is None else f'<div class="total-score">Total Score: {candidate.score:.1f} / 100</div>'
    )
    return (
        f'<div class="stock-card grade-{candidate.grade.lower()}">'
        f'<div class="stock-header"><h3>${candidate.ticker}{company}</h3>'
        f'<span class="grade-badge">{candidate.grade}-Grade</span></div>'
        f'<div class="metrics">{metrics}</div>{total}</div>'
    )


def _sections(candidates: Sequence[Candidate]) -> str:
    """Sections by grade; the letter stands only above them. Definition lists, points as a number of points."""
    parts = []
    for grade in Grade:
        mine = [candidate for candidate in candidates if candidate.grade is grade]
        if mine:
            articles = "\n".join(_article(candidate) for candidate in mine)
            parts.append(f'<section class="tier"><h2>{grade}-Grade Stocks</h2>\n{articles}\n</section>')
    return "\n".join(parts)


def _article(candidate: Candidate) -> str:
    company = f'<p class="company">{escape(candidate.company_name)}</p>' if candidate.company_name else ""
    facts = _facts(candidate, price="Price", gap="Gap Size")
    if candidate.score is not None:
        facts = [*facts, ("Backtest Score", f"{candidate.score:g} points")]
    rows = "".join(f"<dt>{label}</dt><dd>{value}</dd>" for label, value in facts)
    return f'<article class="pick"><h3 class="ticker">{candidate.ticker}</h3>{company}<dl>{rows}</dl></article>'


def _table(candidates: Sequence[Candidate]) -> str:
    """One ranking table, nothing else."""
    head = "".join(f"<th>{name}</th>" for name in ("#", "Ticker", "Company", "Grade", "Score", "Price", "Gap"))
    rows = "\n".join(_row(rank, candidate) for rank, candidate in enumerate(candidates, start=1))
    return f'<h2>Ranking</h2>\n<table class="ranking"><thead><tr>{head}</tr></thead>\n<tbody>\n{rows}\n</tbody></table>'


def _row(rank: int, candidate: Candidate) -> str:
    cells = (
        str(rank),
        f"<strong>{candidate.ticker}</strong>",
        escape(candidate.company_name or ""),
        candidate.grade.value,
        "" if candidate.score is None else f"{candidate.score:g}",
        _price(candidate),
        _gap(candidate),
    )
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def _facts(candidate: Candidate, *, price: str, gap: str) -> list[tuple[str, str]]:
    facts = [(price, _price(candidate)), (gap, _gap(candidate))]
    return [(label, value) for label, value in facts if value]


def _price(candidate: Candidate) -> str:
    if candidate.price is None:
        return ""
    dollars, _, rest = format_price(candidate.price).partition(".")
    return f"${int(dollars):,}.{rest}"


def _gap(candidate: Candidate) -> str:
    return "" if candidate.gap_size is None else f"{candidate.gap_size:+.2f}%"


def _nothing_qualified() -> str:
    return (
        '<div class="notice"><h2>No stocks qualify today</h2><p>No earnings reaction met the criteria of any grade.</p>'
        "</div>"
    )


_RENDERERS = {"cards": _cards, "sections": _sections, "table": _table}
TEMPLATES: tuple[str, ...] = tuple(_RENDERERS)

_STYLES = {
    "cards": ".stock-grid{display:grid;grid-template-columns:repeat(3,1fr);gap:1em}"
    ".stock-card{border:1px solid #ccc;border-radius:8px;padding:1em}.grade-badge{background:#246;color:#fff}",
    "sections": "section.tier{border-left:4px solid #693;padding-left:1em}"
    "dl{display:grid;grid-template-columns:10em 1fr}",
    "table": "table{border-collapse:collapse}td,th{border:1px solid #999;padding:.3em .6em}td{text-align:right}",
}
