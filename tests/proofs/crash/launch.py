"""`python -m tests.proofs.crash.launch ORDER MODULE …`: a program that ends itself by SIGKILL at one of its steps.

ORDER is JSON, see `Order`. A day starts its runs the same way and counts their steps with its own; where one of them
dies, the day dies with it, as when the machine loses its power.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from live.sim.exchange import Exchange
from tests.proofs.crash.programs import DAY, program_of
from tests.proofs.crash.script import script
from tests.proofs.dying import Death, Steps, dying, kill_this_process

if TYPE_CHECKING:
    from live.rounds.child import StepEnd
    from live.run.interrupt import Interrupt

MODULE = "tests.proofs.crash.launch"


@dataclass(frozen=True, slots=True)
class Order:
    """death: where the program dies, None: nowhere. taken: steps that were taken before it. counts: a file for the
    steps that are taken in the end."""

    death: Death | None
    counts: str
    taken: Mapping[str, int] = field(default_factory=dict)

    @property
    def died(self) -> Path:
        """The file that says that the program has died: a day whose run died dies at once as well."""
        return Path(f"{self.counts}.died")

    def die(self) -> None:
        """End this process."""
        self.died.touch()
        kill_this_process()

    def to_text(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_text(cls, text: str) -> Order:
        found: dict[str, Any] = json.loads(text)
        death = found.pop("death")
        return cls(Death(**death) if death else None, **found)


def main(order: Order, line: Sequence[str]) -> None:
    """Run a program with its exchange's script. line: its module, then its command line."""
    steps = Steps(order.death, order.die)
    steps.taken |= order.taken
    _follow_script()
    module, *args = line
    if module == DAY:
        _follow_steps(order, steps)
    try:
        with dying(steps):
            program_of(module).main(args, prog_name=f"python -m {module}")
    finally:
        Path(order.counts).write_text(json.dumps(steps.taken), encoding="ascii")


def _follow_script() -> None:
    """Let every exchange that is opened have the faults of the day."""
    real = Exchange.open

    def open_with_script(file: Path, *, read_only: bool = False) -> Exchange:
        exchange = real(file, read_only=read_only)
        script(exchange)
        return exchange

    Exchange.open = staticmethod(open_with_script)  # type: ignore[assignment, method-assign]


def _follow_steps(order: Order, steps: Steps) -> None:
    """Let the runs that a day starts be launched as well, and count on from where it is."""
    from live.rounds import day  # late: no other program needs it

    run_step = day.run_step

    def start(
        command: Sequence[str], environ: Mapping[str, str], interrupt: Interrupt, *, shows_messages: bool
    ) -> StepEnd:
        own = Order(order.death, order.counts, steps.taken)
        line = (MODULE, own.to_text(), *command)
        end = run_step(line, environ, interrupt, shows_messages=shows_messages)
        if order.died.exists():
            kill_this_process()
        steps.taken |= json.loads(Path(order.counts).read_text(encoding="ascii"))
        return end

    day.run_step = start


if __name__ == "__main__":
    main(Order.from_text(sys.argv[1]), sys.argv[2:])
