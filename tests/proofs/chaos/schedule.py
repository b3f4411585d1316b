"""One history as values: its market, what each day offers, which programs run when, and what goes wrong in each.

Drawn purely from a seed, so that it can be printed, played again and made smaller by leaving things out.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tests.proofs.chaos.kinds import DRAWN, Kind

TICKERS = ("AAA", "BBB", "CCC", "DDD", "EEE", "FFF")
QUIET = "q"
HOLDS = "execution.on_stop_refused=hold"
SHAPES = {
    QUIET: 78,  # opens and closes at its level, 1 % up and down in between
    "d": 6,  # falls by a fifth during the session
    "g": 4,  # opens a fourth lower
    "u": 5,  # rises by 6 %
    "h": 4,  # halted: no bar
    "s": 1,  # two for one before the open
    "r": 1,  # one for four before the open
    "x": 1,  # no bar from here on
}
"""What a session of a ticker is like, and how often."""


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that goes wrong or is done during a run.

    kind: of `kinds.KINDS`. skip: requests (writes for the state DB's faults) that pass first. times: how many are hit,
    None for all. where: which requests. ticker: whose. amount: seconds, shares, a status: see the kind.
    """

    kind: str
    skip: int = 0
    times: int | None = 1
    where: str = ""
    ticker: str = ""
    amount: int = 0

    def line(self) -> str:
        """Return the event in words."""
        parts = [self.kind.replace("_", " ")]
        if self.ticker:
            parts.append(f"of {self.ticker}" if self.ticker != "*" else "of every ticker")
        if self.where:
            parts.append(f"at {self.where}")
        if self.amount:
            parts.append(f"({self.amount})")
        if self.skip:
            parts.append(f"after {self.skip}")
        if self.times != 1:
            parts.append("every time" if self.times is None else f"{self.times} times")
        return " ".join(parts)


@dataclass(frozen=True, slots=True)
class Step:
    """One program started at a New York time; program: a name that `programs.PROGRAMS` knows."""

    clock: str
    program: str
    events: tuple[Event, ...] = ()


@dataclass(frozen=True, slots=True)
class Offer:
    """One stock of a day's report. is_doubtful: printed under another company's name."""

    ticker: str
    score: int
    is_doubtful: bool = False


@dataclass(frozen=True, slots=True)
class Day:
    """One session."""

    offers: tuple[Offer, ...]
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Schedule:
    """One history. market: the shapes of each ticker's sessions, one sign each. always: what is wrong all the time.

    settings: of the configuration, beside those of every history. clock_off: seconds by which the machine's own clock
    is off. last: what the quiet day after it offers.
    """

    seed: int
    market: tuple[tuple[str, str], ...]
    days: tuple[Day, ...]
    settings: tuple[str, ...] = ()
    always: tuple[Event, ...] = ()
    clock_off: int = 0
    last: tuple[Offer, ...] = ()

    def lines(self) -> Iterator[str]:
        """Yield the history in words: only what is not usual."""
        for ticker, shapes in self.market:
            if set(shapes) - {QUIET}:
                yield f"market: {ticker} {shapes}"
        if self.settings:
            yield f"settings: {' '.join(self.settings)}"
        if self.clock_off:
            yield f"the machine's clock is off by {self.clock_off} s"
        for event in self.always:
            yield f"always: {event.line()}"
        for number, day in enumerate(self.days):
            offered = ", ".join(f"{one.ticker} {one.score}{' doubtful' * one.is_doubtful}" for one in day.offers)
            yield f"day {number}: offered {offered or 'nothing'}"
            for step in day.steps:
                events = "; ".join(event.line() for event in step.events)
                yield f"  {step.clock} {step.program}" + (f": {events}" if events else "")
        if self.last:
            yield f"the day after: offered {', '.join(f'{one.ticker} {one.score}' for one in self.last)}"


def draw(seed: int, days: int, tickers: Sequence[str] = TICKERS) -> Schedule:
    """Return the history of a seed. tickers: the stocks there are."""
    rng = random.Random(f"chaos {seed}")
    wildness = rng.choice([0.2, 0.4, 0.6, 0.8])
    market = tuple((ticker, _shapes(rng, days)) for ticker in tickers)
    return Schedule(
        seed=seed,
        market=market,
        days=tuple(_day(rng, wildness, tickers) for _ in range(days)),
        settings=tuple(_settings(rng)),
        always=tuple(_always(rng)),
        clock_off=rng.choice([0, 0, 0, 0, 4000, -90_000]),
        last=_offers(rng, tickers),
    )


def _shapes(rng: random.Random, days: int) -> str:
    drawn = rng.choices(list(SHAPES), list(SHAPES.values()), k=days)
    if "x" in drawn:
        drawn[drawn.index("x") :] = "x" * (days - drawn.index("x"))
    return "".join(drawn)


def _settings(rng: random.Random) -> Iterator[str]:
    if rng.random() < 0.2:
        yield HOLDS
    if rng.random() < 0.15:
        yield f"safety.max_orders_per_day={rng.choice([3, 6, 10])}"
    if rng.random() < 0.1:
        yield "safety.max_drawdown_pct=3"
    if rng.random() < 0.1:
        yield "strategy.entry_limit_pct=2"
    if rng.random() < 0.1:
        yield "strategy.accept=doubtful"


def _always(rng: random.Random) -> Iterator[Event]:
    if rng.random() < 0.12:
        yield Event("refused", where="PATCH", times=None, amount=rng.randint(0, 3))
    if rng.random() < 0.05:
        yield Event("clock_down", times=None)


def _day(rng: random.Random, wildness: float, tickers: Sequence[str]) -> Day:
    return Day(_offers(rng, tickers), tuple(_steps(rng, wildness, tickers)))


def _offers(rng: random.Random, tickers: Sequence[str]) -> tuple[Offer, ...]:
    return tuple(
        Offer(ticker, rng.randint(30, 99), rng.random() < 0.08) for ticker in tickers if rng.random() < 0.6
    )  # fmt: skip


USUAL: Sequence[tuple[str, str]] = (
    ("09:00", "generate"),
    ("09:20", "place"),
    ("09:31", "poll"),
    ("09:34", "all"),
    ("15:45", "protect"),
    ("16:05", "protect"),
)
_LATE = {"09:00": "09:12", "09:20": "09:32", "09:31": "10:15", "09:34": "12:00", "15:45": "15:58", "16:05": "18:00"}
_BETWEEN = (
    ("09:05", "settle"),
    ("09:10", "dry generate"),
    ("09:15", "dry place"),
    ("09:26", "switch on"),
    ("09:27", "switch off"),
    ("09:36", "settle"),
    ("11:00", "close"),
    ("11:30", "flatten"),
    ("12:30", "reconcile"),
    ("13:00", "switch on --exits"),
    ("13:30", "cancel entries"),
    ("14:00", "switch off"),
    ("14:05", "poll"),
)
"""What a person does between the runs, each now and then."""


def _steps(rng: random.Random, wildness: float, tickers: Sequence[str]) -> Iterator[Step]:
    planned: list[tuple[str, str]] = []
    for clock, program in USUAL:
        drawn = rng.random()
        if drawn < (0.45 if program == "all" else 0.06):
            continue
        planned.append((_LATE[clock] if drawn > 0.94 else clock, program))
    planned += [one for one in _BETWEEN if rng.random() < (0.35 if one[1] == "settle" else 0.07)]
    for clock, program in sorted(planned):
        broken = tuple(_events(rng, tickers)) if rng.random() < wildness else ()
        yield Step(clock, program, broken)
        if broken and program in ("generate", "place", "poll", "protect", "all") and rng.random() < 0.5:
            yield Step(_minute_later(clock), program)


def _minute_later(clock: str) -> str:
    hours, minutes = map(int, clock.split(":"))
    return f"{hours + (minutes + 1) // 60:02d}:{(minutes + 1) % 60:02d}"


def _events(rng: random.Random, tickers: Sequence[str]) -> Iterator[Event]:
    for _ in range(rng.randint(1, 3)):
        kind: Kind = rng.choices(DRAWN, [one.weight for one in DRAWN])[0]
        yield Event(
            kind.name,
            skip=min(rng.randint(0, kind.deepest), rng.randint(0, kind.deepest)),
            times=rng.choice(kind.times),
            where=rng.choice(kind.where) if kind.where else "",
            ticker=rng.choice(tickers) if kind.has_ticker else "",
            amount=rng.choice(kind.amounts) if kind.amounts else 0,
        )
