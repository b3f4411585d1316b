"""The section of the trades: what the table is filtered with, and its empty body, which the page's script fills."""

from __future__ import annotations

from backtest.pages.html import Html, tag
from backtest.pages.parts import none, section, spaced
from backtest.tear_sheet.sheet_values import Sheet


def trades_section(sheet: Sheet) -> Html:
    """Return the section of the trades of all runs."""
    count = sum(len(one.run.trades) for one in sheet.runs)
    if not count:
        return section("Trades", none("No trade."))
    reasons = sorted({trade.exit_reason.value for one in sheet.runs for trade in one.run.trades})
    controls = [
        tag(
            "label", "ticker ", tag("input", type="search", id="ticker", autocomplete="off", spellcheck="false", size=8)
        ),
        tag("label", "exit reason ", _choice("reason", [("", "all"), *((one, spaced(one)) for one in reasons)])),
    ]
    if not sheet.is_one:
        names = [(str(place), one.name) for place, one in enumerate(sheet.runs)]
        controls.append(tag("label", "run ", _choice("run", [("", "all"), *names])))
    controls.append(tag("label", "order ", _choice("order", []), class_="narrow"))
    why = sorted({one.no_lives for one in sheet.runs if one.no_lives})
    return section(
        "Trades",
        *(tag("p", words, class_="note") for words in why),
        tag("div", *controls, tag("span", id="shown", class_="note", role="status"), class_="controls"),
        tag("noscript", none("The table of trades needs the page's script.")),
        tag("table", tag("thead", tag("tr")), tag("tbody"), id="trades-table", class_="trades dense"),
        tag("p", tag("button", "show 200 more", type="button", id="more"), " ",
            tag("button", "show all", type="button", id="all"), class_="controls"),
        note=f"{count:,} in all; a ticker opens the chart of its trade",
    )  # fmt: skip


def _choice(name: str, options: list[tuple[str, str]]) -> Html:
    return tag("select", *(tag("option", words, value=value) for value, words in options), id=name)
