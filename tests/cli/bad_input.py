"""What every refusal has in common, and a morning on which both programs would have something to do."""

from __future__ import annotations

import hashlib
from pathlib import Path

from tests.cli.account import TradingAccount, bars, day, offer
from tests.cli.done import Done

PROGRAMS = ("signal_generator", "executor")


def ready(folder: Path, *, cash: str = "500000") -> TradingAccount:
    """Return 09:20 of the first day: a signal file that buys AAA is issued, nothing is sent yet."""
    calm = TradingAccount(folder, bars("AAA"), bars("BBB"), cash=cash).go(day(0), "09:00")
    done = calm.generate("--report-file", calm.report(day(0), offer("AAA", day(0))))
    assert done.code == 0, done.stderr
    return calm.go(day(0), "09:20")


def start(calm: TradingAccount, program: str, *args: str | Path) -> Done:
    """Start one of the two programs; a flag given twice counts as the shell would count it: the last one."""
    if program == "executor":
        return calm.execute("place", *map(str, args))
    return calm.generate("--no-report", *args)


def refused(done: Done, code: int, *words: str) -> None:
    """The code; exactly one printable error line, the last one on stderr, with these words; no traceback."""
    lines = done.stderr.splitlines()
    errors = [line for line in lines if line.startswith("error[")]
    assert done.code == code, (done.stdout, done.stderr)
    assert errors == lines[-1:], done.stderr
    assert errors[0].startswith(f"error[{code}] ")
    assert errors[0].isprintable()
    assert len(errors[0]) < 1_000
    assert "Traceback" not in done.stderr + done.stdout
    for word in words:
        assert word in errors[0], errors[0]


def written(calm: TradingAccount) -> dict[str, str]:
    """Return a hash of every signal file, and `orders` with what the broker has been sent."""
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(calm.signals.glob("*"))}
    orders = calm.broker.list_orders(status="all")
    return found | {"orders": " ".join(order.client_order_id for order in orders)}
