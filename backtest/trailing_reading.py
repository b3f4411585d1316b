"""A judged week or day of a trailing exit: its close, its figures, and whether it sells."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from backtest.model import Price, Split
from backtest.money import format_price
from backtest.params import Variant
from backtest.splits import price_after
from backtest.trailing_exits.registry import DAY, trailing_exit
from backtest.trailing_exits.rule import rule_of


@dataclass(frozen=True, slots=True)
class Figure:
    """What an exit computed. value: prices in 1/10,000 USD in units of the judged week or day, dividend-adjusted.

    price: the same for people, in units of the trade date; None: it is no price.
    """

    name: str
    value: float
    price: Price | None = None

    @property
    def text(self) -> str:
        return f"{self.value:.4f}" if self.price is None else format_price(self.price)


@dataclass(frozen=True, slots=True)
class TrailingReading:
    """A judged week or day.

    close: 1/10,000 USD in units of the week's last bar, or of the day, dividend-adjusted, so that it is judged alike
    whenever it is judged. shown_close: for people, in units of the trade date. figures: none with too few bars.
    """

    close: float
    shown_close: Price
    figures: tuple[Figure, ...]
    is_broken: bool

    @property
    def indicator(self) -> Price | None:
        """The only price among the figures, in units of the trade date: what the close is compared with."""
        prices = [one.price for one in self.figures if one.price is not None]
        return prices[0] if len(prices) == 1 else None


@dataclass(frozen=True, slots=True)
class Judged:
    """What an exit sees of one judged week or day: the column it reads, oldest first, and the close, in its units."""

    close: float
    window: Sequence[float]


def read_trailing(judged: Judged, variant: Variant, splits: Iterable[Split]) -> TrailingReading:
    """Return the reading of a variant's trailing exit. splits: from the judged week or day to the trade date."""
    later = tuple(splits)
    exit_, rule, given = trailing_exit(variant.trailing_stop), rule_of(variant.trailing_stop), variant.given
    shown_close = price_after(round(judged.close), later)
    values = rule.figures(judged.window, given)
    if values is None:
        return TrailingReading(judged.close, shown_close, (), is_broken=False)
    figures = tuple(
        Figure(name, value, price_after(round(value), later) if is_price else None)
        for (name, is_price), value in zip(exit_.figures.items(), values, strict=True)
    )
    return TrailingReading(judged.close, shown_close, figures, bool(rule.is_broken(judged.close, values, given)))


def reading_text(
    reading: TrailingReading | None, variant: Variant, counted: Mapping[str, int]
) -> Mapping[str, str | int]:
    """Return a reading as it stands in a signal file: the exit's id last, and that alone where nothing was judged.

    counted: what else the exit was judged by.
    """
    return dict(_pairs(reading, variant, counted))


def _pairs(
    reading: TrailingReading | None, variant: Variant, counted: Mapping[str, int]
) -> Iterator[tuple[str, str | int]]:
    is_daily = trailing_exit(variant.trailing_stop).judged == DAY
    if reading is not None:
        yield "close" if is_daily else "week_close", format_price(reading.shown_close)
        for one in reading.figures:
            yield one.name, one.text
    yield from counted.items()
    if is_daily and reading is not None:
        for name, value in variant.exit_parameters:
            yield name, value if isinstance(value, int) else str(value)
    yield "exit", variant.trailing_stop
