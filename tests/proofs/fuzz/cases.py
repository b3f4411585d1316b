"""Cases for hypothesis: a good one and a few changes, each by a number, or raw bytes."""

from __future__ import annotations

import random
from collections.abc import Sequence

from hypothesis import strategies as st

from tests.proofs.fuzz.target import Target

MOST_STEPS = 4
_RAW = st.binary(max_size=200)


def cases(target: Target) -> st.SearchStrategy[bytes]:
    """Return cases of a target; they shrink towards fewer changes."""

    def changed(case: bytes, steps: Sequence[int]) -> bytes:
        for step in steps:
            case = target.mutate(case, random.Random(step))
        return case

    steps = st.lists(st.integers(0, 2**32 - 1), max_size=MOST_STEPS)
    return st.one_of(*[st.builds(changed, st.sampled_from(list(target.seeds())), steps)] * 9, _RAW)
