"""A long proof in parts: the histories of a further run, with their commit, joined to those that are kept."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace

from tests.proofs.results import Result

_SEED = re.compile(r"--seed (\d+)")
_HISTORIES = re.compile(r"--histories (\d+)")
_DAYS = re.compile(r"--days (\d+)")
_COMMIT = re.compile(r"(\S+): ([\d,]+)")
_CODE = re.compile(r"(\d+): ([\d,]+)")
_SEEDS, _COMMITS, _MENDED = "seeds", "of them at a commit", "violations found, mended, not found again"
CODES = "ends of runs, code: how many"
SPEED = "days simulated a second"


def joined(kept: Result, part: Result) -> Result:
    """Return a kept result with a further run's histories.

    A run of seeds that had violations, and of no others that are kept, settles these: what it finds takes their place,
    its histories are not counted again. Raises ValueError for other seeds that are kept, and for histories of another
    length.
    """
    refuse_other_days(kept, days_of(part))
    before, now = seeds_of(kept), seeds_of(part)
    if settles(kept, now):
        return _settled(kept, part, now)
    seconds = kept.seconds + part.seconds
    figures = {name: _sum(value, part.figures.get(name, 0)) for name, value in kept.figures.items() if _adds_up(name)}
    figures |= {CODES: _codes(kept, part), SPEED: round(int(figures["days simulated"]) / seconds, 1)}
    figures |= {_SEEDS: _ranges(before | now), _COMMITS: _commits(kept, part)}
    if _MENDED in kept.figures:
        figures[_MENDED] = kept.figures[_MENDED]
    return replace(
        part,
        figures=figures,
        found=[*kept.found, *part.found],
        seconds=round(seconds, 1),
        cpu_seconds=round(kept.cpu_seconds + part.cpu_seconds, 1),
    )


def settles(kept: Result, seeds: frozenset[int]) -> bool:
    """Return whether seeds are failed ones of a kept result; False for such as it does not have.

    Raises ValueError for others that it has.
    """
    again = seeds_of(kept) & seeds
    if again and (seeds != again or not seeds <= {_seed_of(line) for line in kept.found}):
        raise ValueError(f"kept already: {_ranges(again)}")
    return bool(again)


def refuse_other_days(kept: Result, days: int) -> None:
    """Raise ValueError when the kept histories are longer or shorter: the same seed is another history then."""
    if days != days_of(kept):
        raise ValueError(f"kept are histories of --days {days_of(kept)}")


def days_of(result: Result) -> int:
    """Return how many sessions a result's histories have before the quiet one."""
    return _only(_DAYS, result.command)


def seeds_of(result: Result) -> frozenset[int]:
    """Return the seeds whose histories a result has."""
    if ranges := result.figures.get(_SEEDS):
        ends = [[int(end) for end in one.split(" to ")] for one in str(ranges).split(", ")]
        return frozenset(seed for one in ends for seed in range(one[0], one[-1] + 1))
    first, number = _only(_SEED, result.command), _only(_HISTORIES, result.command)
    return frozenset(range(first, first + number))


def _settled(kept: Result, part: Result, seeds: frozenset[int]) -> Result:
    others = [line for line in kept.found if _seed_of(line) not in seeds]
    mended = seeds - {_seed_of(line) for line in part.found}
    figures = {**kept.figures, _MENDED: int(kept.figures.get(_MENDED, 0)) + len(mended)}
    figures.setdefault(_SEEDS, _ranges(seeds_of(kept)))
    figures.setdefault(_COMMITS, _counted(kept))
    return replace(kept, figures=figures, found=[*others, *part.found], commit=part.commit, finished=part.finished)


def _seed_of(violation: str) -> int:
    return _only(_SEED, violation)


def _only(pattern: re.Pattern[str], text: str) -> int:
    found = pattern.search(text)
    if found is None:
        raise ValueError(f"no {pattern.pattern} in: {text}")
    return int(found[1])


def _adds_up(name: str) -> bool:
    return name not in (_SEEDS, _COMMITS, _MENDED, CODES, SPEED)


def _sum(first: int | float | str, second: int | float | str) -> int:
    return int(first) + int(second)


def _codes(*results: Result) -> str:
    counted: Counter[int] = Counter()
    for one in results:
        for code, number in _CODE.findall(str(one.figures[CODES])):
            counted[int(code)] += int(number.replace(",", ""))
    return codes_text(counted)


def codes_text(counted: Counter[int]) -> str:
    """Return how many runs ended with each exit code, as a figure."""
    return ", ".join(f"{code}: {counted[code]:,}" for code in sorted(counted))


def _counted(result: Result) -> str:
    return f"{result.commit}: {int(result.figures['histories']):,}"


def _commits(kept: Result, part: Result) -> str:
    counted: Counter[str] = Counter()
    for commit, number in _COMMIT.findall(f"{kept.figures.get(_COMMITS, _counted(kept))}, {_counted(part)}"):
        counted[commit] += int(number.replace(",", ""))
    return ", ".join(f"{commit}: {number:,}" for commit, number in counted.items())


def _ranges(seeds: frozenset[int]) -> str:
    ends: list[list[int]] = []
    for seed in sorted(seeds):
        if ends and seed == ends[-1][1] + 1:
            ends[-1][1] = seed
        else:
            ends.append([seed, seed])
    return ", ".join(f"{first} to {last}" if last > first else str(first) for first, last in ends)
