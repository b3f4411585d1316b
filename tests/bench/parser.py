"""The report parser on one core: 160 pages of real size, and a single one after the imports."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from random import Random

from bs4 import BeautifulSoup

from backtest.reports.directory import Directory, directory_csv, load_directory, parse_directory
from backtest.reports.read import read_html
from tests.bench.figures import SHARED, Figure, best_of
from tests.bench.listed import COUNT, directory, listings
from tests.report_layouts.exam import NOT_READ
from tests.report_layouts.stocks import Stock, legend, market, past, random_stocks, upcoming
from tests.report_layouts.tuned import TUNED

PAGES = 160
REAL_BYTES = 37_000
DAY = date(2026, 2, 17)
NAME = Path(f"earnings_trade_analysis_{DAY}.html")


def measure() -> Iterator[Figure]:
    """Parse generated layouts, and the developers' sample pages when they are there."""
    content = directory_csv(listings())
    parsed = best_of(lambda: parse_directory.__wrapped__(content, "assets.csv"), times=3)
    yield Figure(f"a directory of {COUNT:,}, parsed once a process", f"{parsed.wall:.3f} s")
    generated = [generated_page(seed) for seed in range(PAGES)]
    names = {stock.ticker: f"{stock.company_name} Common Stock" for _, stocks in generated for stock in stocks}
    listed = directory()
    yield from _figures("generated", [page for page, _ in generated], replace(listed, names=listed.names | names))
    samples = sorted((SHARED / "reports" / "samples").glob("*.html"))
    if samples:
        contents = [path.read_bytes() for path in samples]
        lists = sorted((SHARED / "reports").glob("assets_*.csv"))
        listed = load_directory(lists[-1]) if lists else listed
        yield from _figures("samples", [contents[n % len(contents)] for n in range(PAGES)], listed, samples)


def generated_page(seed: int) -> tuple[bytes, list[Stock]]:
    """Return a page of one of the layouts, padded with style to the size of a real one, and its stocks."""
    rng = Random(seed)
    read = [layout for layout in TUNED if layout.name not in NOT_READ]
    layout = read[seed % len(read)]
    stocks = random_stocks(rng, 8 + seed % 12)
    around = market() + legend() + upcoming(rng, stocks) + past(rng, stocks)
    html = layout.render(stocks, rng, DAY).replace("</body>", f"{around}</body>")
    padding = "".join(f".rule-{n}{{margin:{n}px;color:#222}}\n" for n in range((REAL_BYTES - len(html)) // 32))
    return html.replace("</head>", f"<style>{padding}</style></head>").encode(), stocks


def _figures(what: str, pages: Sequence[bytes], listed: Directory, paths: Sequence[Path] = ()) -> Iterator[Figure]:
    names = [paths[n % len(paths)] if paths else NAME for n in range(len(pages))]
    alone = best_of(lambda: read_html(names[0], pages[0], directory=listed), times=5)
    each = best_of(
        lambda: [read_html(name, page, directory=listed) for name, page in zip(names, pages, strict=True)], times=2
    )
    bare = best_of(lambda: [BeautifulSoup(page, "html.parser") for page in pages], times=2)
    size = sum(map(len, pages)) / len(pages) / 1000
    yield Figure(
        f"{what}: {len(pages)} reports of {size:.0f} KB on average",
        f"{each.wall:.2f} s ({each.cpu:.2f} s CPU)",
        f"{each.cpu / bare.cpu:.1f} x BeautifulSoup alone",
        "under 8 s",
    )
    yield Figure(f"{what}: one report of {len(pages[0]) / 1000:.0f} KB", f"{alone.wall:.3f} s", wanted="under 0.15 s")
