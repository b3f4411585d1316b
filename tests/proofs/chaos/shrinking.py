"""Makes a failing history small: leaves out whatever it fails without."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from tests.proofs.chaos.schedule import QUIET, Day, Schedule

MOST_TRIES = 400


def shrink(schedule: Schedule, fails: Callable[[Schedule], bool]) -> Schedule:
    """Return the smallest history found that still fails: larger parts are left out first, until nothing can be.

    fails: plays a history and says whether it fails as the first one did.
    """
    tries = 0
    found = True
    while found and tries < MOST_TRIES:
        found = False
        for smaller in _smaller(schedule):
            tries += 1
            if fails(smaller):
                schedule, found = smaller, True
                break
            if tries >= MOST_TRIES:
                break
    return schedule


def _smaller(schedule: Schedule) -> Iterator[Schedule]:
    """Yield the history with one part less, larger parts first."""
    yield from _less_of_all(schedule)
    for number in reversed(range(len(schedule.days))):
        yield _without_day(schedule, number)
    for number, day in enumerate(schedule.days):
        if any(step.events for step in day.steps):
            calm = tuple(replace(step, events=()) for step in day.steps)
            yield _with_day(schedule, number, replace(day, steps=calm))
    yield from _less_of_a_day(schedule)
    for ticker, shapes in schedule.market:
        if set(shapes) - {QUIET}:
            market = tuple((one, QUIET * len(shapes) if one == ticker else its) for one, its in schedule.market)
            yield replace(schedule, market=market)


def _less_of_all(schedule: Schedule) -> Iterator[Schedule]:
    if schedule.always:
        yield replace(schedule, always=())
    if schedule.clock_off:
        yield replace(schedule, clock_off=0)
    for setting in schedule.settings:
        yield replace(schedule, settings=tuple(one for one in schedule.settings if one != setting))
    if schedule.last:
        yield replace(schedule, last=())


def _less_of_a_day(schedule: Schedule) -> Iterator[Schedule]:
    for number, day in enumerate(schedule.days):
        for at in range(len(day.steps)):
            yield _with_day(schedule, number, replace(day, steps=(*day.steps[:at], *day.steps[at + 1 :])))
        for at, step in enumerate(day.steps):
            for left_out in range(len(step.events)):
                calmer = replace(step, events=(*step.events[:left_out], *step.events[left_out + 1 :]))
                steps = (*day.steps[:at], calmer, *day.steps[at + 1 :])
                yield _with_day(schedule, number, replace(day, steps=steps))
        for at in range(len(day.offers)):
            yield _with_day(schedule, number, replace(day, offers=(*day.offers[:at], *day.offers[at + 1 :])))


def _with_day(schedule: Schedule, number: int, day: Day) -> Schedule:
    return replace(schedule, days=(*schedule.days[:number], day, *schedule.days[number + 1 :]))


def _without_day(schedule: Schedule, number: int) -> Schedule:
    market = tuple((ticker, shapes[:number] + shapes[number + 1 :]) for ticker, shapes in schedule.market)
    return replace(schedule, days=(*schedule.days[:number], *schedule.days[number + 1 :]), market=market)
