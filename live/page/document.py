"""One page as a whole document: head, what needs a hand, the sections. No script, nothing is loaded from anywhere."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import groupby
from pathlib import Path

from backtest.pages.document import base_style, whole
from backtest.pages.html import Html, cut, join, tag
from backtest.text import how_many
from backtest.version import __version__
from live.clock import new_york_minute
from live.page.book import book_section
from live.page.commands import STATUS
from live.page.decided import decided_section
from live.page.done import done_section, runs_section
from live.page.fills import slippage_section
from live.page.money import equity_section, money_figures
from live.page.page_values import DayPage, Hand, program_of
from live.page.parts import Complete, Frame, more
from live.page.shadows import shadow_sections, shadows_section
from live.state_db.records import AccountBinding

MOST_BYTES = 150_000
INDEX = "index.html"
POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
"""What a browser may do with a page: show it."""


def page_html(page: DayPage, complete: Complete = lambda text: text, *, has_index: bool = True) -> str:
    """Return the page of a day, with shorter lists and texts where it would be larger than `MOST_BYTES`.

    complete: see `Complete`. has_index: the list of all pages lies beside it.
    """
    text = ""
    for share in (1.0, 0.6, 0.3, 0.15, 0.07):
        frame = Frame(complete, int(100 * share), int(300 * share))
        text = _page_html(page, frame, has_index=has_index)
        if len(text.encode()) <= MOST_BYTES:
            break
    return text


def _page_html(page: DayPage, frame: Frame, *, has_index: bool) -> str:
    body = tag(
        "main",
        _header(page, has_index=has_index),
        _hands(page, frame),
        money_figures(page),
        decided_section(page, frame),
        done_section(page, frame),
        book_section(page, frame),
        *_money_and_shadows(page, frame),
        runs_section(page, frame),
        _footer(page),
    )
    return document(f"{page.day} earnings-drift", body)


def _money_and_shadows(page: DayPage, frame: Frame) -> tuple[Html, ...]:
    """Return equity and slippage beside the only shadow; several have a list and rows of their own."""
    equity, slippage = equity_section(page), slippage_section(page, frame)
    shadows = shadow_sections(page, frame)
    if len(page.comparisons) < 2:
        money = tag("div", equity, slippage)
        return (tag("div", money, shadows[0], class_="two"),) if shadows else (money,)
    overview = shadows_section(page, frame)
    return (tag("div", equity, slippage, class_="two"), overview, tag("div", *shadows, class_="two"))


def document(title: str, body: Html) -> Html:
    """Return a whole document with the style sheet in it."""
    return whole(title, POLICY, [tag("style", style_sheet())], [body])


@cache
def style_sheet() -> Html:
    """Return the style sheet; it holds no sign that ends its element."""
    return join([base_style(), Html(Path(__file__).with_name("page.css").read_text(encoding="utf-8"))])


def account_text(account: AccountBinding | None) -> Html:
    """Return which account it is: broker, paper or live, the last four signs of its id."""
    if account is None:
        return join(["no account yet"])
    if account.is_live:
        mode = tag("span", f"{account.broker} LIVE account", class_="live")
    else:
        mode = join(["simulated account" if account.broker == "sim" else f"{account.broker} paper account"])
    return join([mode, f" …{account.account_id[-4:]}"])


def _header(page: DayPage, *, has_index: bool) -> Html:
    name = tag("a", "all days", href=INDEX) if has_index else None
    kicker = tag("div", "earnings-drift", " · " if has_index else None, name, class_="kicker")
    when = "no run on record" if page.as_of is None else f"as of {new_york_minute(page.as_of)} New York"
    after = f"after {program_of(page.runs[-1])}" if page.runs else None
    return tag(
        "header",
        tag("div", kicker, tag("h1", f"{page.day:%A}, {page.day.day} {page.day:%B %Y}")),
        tag("div", account_text(page.account), tag("br"), ", ".join(filter(None, (when, after))), class_="meta"),
    )


def _hands(page: DayPage, frame: Frame) -> Html:
    hands = page.hands
    said = [tag("p", cut(words, frame.signs), class_="note") for words in page.by_hand[: frame.rows]]
    if not hands:
        return tag("div", tag("h2", "Nothing needs a hand"), *said, class_="box green")
    verb = "needs" if len(hands) == 1 else "need"
    title = f"{how_many(len(hands), 'thing')} {verb} a hand"
    kind = "red" if hands[0].is_urgent else "amber"
    rest = more(len(hands) - frame.rows, frame, STATUS)
    shown = groupby(hands[: frame.rows], lambda hand: (hand.is_urgent, hand.where, hand.next_step))
    items = [_hands_of(list(group), frame) for _, group in shown]
    return tag("div", tag("h2", title), tag("ul", *items), rest, *said, class_=f"box {kind}")


def _hands_of(hands: Sequence[Hand], frame: Frame) -> Html:
    """Return what one source says with one next step."""
    first = hands[0]
    lines = [tag("div", cut(frame.complete(hand.what), frame.signs), class_="what") for hand in hands]
    step = [frame.complete(first.next_step), " "] if first.next_step else []
    said = tag("div", *step, tag("span", f"({first.where})", class_="where"), class_="step")
    return tag("li", *lines, said, class_="urgent" if first.is_urgent else None)


def _footer(page: DayPage) -> Html:
    words = (
        f"Made from the state DB by earnings-drift {__version__}; no broker was asked. Times are New York's, amounts "
        "in USD. A dash is a number that nobody knows."
    )
    return tag("footer", words)
