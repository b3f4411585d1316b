"""What a run of mutants comes to: counted, and what must not stay so."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from tests.proofs.mutants.mutant import CAUGHT, Change, Mutant, Verdict
from tests.proofs.mutants.reasons import reason_of


def figures_of(mutants: Sequence[Mutant], reasons: Mapping[Change, str]) -> dict[str, int | float | str]:
    """Return the figures of a result: all modules together, then a line each."""
    counted = Counter(mutant.verdict for mutant in mutants)
    explained = sum(1 for mutant in mutants if _is_explained(mutant, reasons))
    figures: dict[str, int | float | str] = {"changes of the code": len(mutants)}
    figures |= {verdict.value: counted[verdict] for verdict in CAUGHT}
    figures["survived with a reason"] = explained
    figures["survived without one"] = counted[Verdict.SURVIVED] - explained
    figures["no tests"] = counted[Verdict.UNTESTED]
    figures["killed"] = share(mutants)
    allowed = [mutant for mutant in mutants if mutant.verdict is not Verdict.TYPED]
    figures["killed, of those that the types allow"] = share(allowed)
    for module in dict.fromkeys(mutant.change.module for mutant in mutants):
        ours = [mutant for mutant in mutants if mutant.change.module == module]
        survived = sum(1 for mutant in ours if mutant.verdict not in CAUGHT)
        figures[module] = f"{len(ours):,}, killed {share(ours)}, left {survived}"
    return figures


def share(mutants: Sequence[Mutant]) -> str:
    """Return how many of them were caught, in percent, rounded down to a tenth; a dash for none."""
    if not mutants:
        return "-"
    tenths = 1000 * sum(1 for mutant in mutants if mutant.verdict in CAUGHT) // len(mutants)
    return f"{tenths // 10}.{tenths % 10} %"


def violations(mutants: Iterable[Mutant], reasons: Mapping[Change, str]) -> list[str]:
    """Return what must not stay: survivors without a reason, changes that no test reaches or that were not tried."""
    found = []
    for mutant in mutants:
        if mutant.verdict not in CAUGHT and not _is_explained(mutant, reasons):
            again = f"python -m tests.proofs mutants --only {mutant.change.module}"
            found.append(f"{mutant.verdict}: {mutant.change.line} ({again})")
    return found


def _is_explained(mutant: Mutant, reasons: Mapping[Change, str]) -> bool:
    return mutant.verdict is Verdict.SURVIVED and reason_of(mutant.change, reasons) is not None


def unneeded(mutants: Iterable[Mutant], reasons: Iterable[Change]) -> list[Change]:
    """Return the reasons of these modules that no survivor needs any more."""
    tried = list(mutants)
    modules = {mutant.change.module for mutant in tried}
    needed = {mutant.change for mutant in tried if mutant.verdict in (Verdict.SURVIVED, Verdict.NOT_RUN)}
    return sorted(change for change in reasons if change.module in modules and change not in needed)
