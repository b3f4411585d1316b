"""A day of 20 exits and 20 entries, traded by the executor over loopback HTTP with 100 ms a request."""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from backtest.redaction import Secret
from backtest.web.keys import KeyPair
from live.alpaca.client import AlpacaClient
from live.brokers.sim import SimClock
from live.run.runtime import Runtime
from live.sim.exchange import Exchange
from live.sim.server import SimServer
from tests.bench.figures import Figure
from tests.cli.lab import Lab, make_lab
from tests.live.sim.market import quiet_bars
from tests.parity.markets import names

LATENCY_S = 0.1
COUNT = 20
DAY = (("place", "09:20"), ("poll", "09:31"), ("protect", "15:45"), ("protect", "16:05"))


def measure() -> Iterator[Figure]:
    """Count requests and sequential round trips, phase by phase."""
    tickers = names(2 * COUNT)
    with tempfile.TemporaryDirectory() as name:
        lab = make_lab(Path(name), *(quiet_bars(one) for one in tickers), cash=1_000_000)
        lab.hold(*tickers[:COUNT])
        lab.go(0, "16:30").go(1, "09:00").issue(1, buy=tickers[COUNT:], sell=tickers[:COUNT])
        requests, trips, total = 0, 0, 0.0
        with _served(lab) as (broker, server):
            for phase, clock in DAY:
                lab.go(1, clock)
                server.arrivals.clear()
                before, started = broker.requests_sent(), time.perf_counter()
                code = lab.run(phase, runtime=Runtime(broker)).code
                wall = time.perf_counter() - started
                after = broker.requests_sent()
                sent, chain = after.total - before.total, server.round_trips()
                requests, trips, total = requests + sent, trips + chain, total + wall
                yield Figure(
                    f"{phase} (ended {code})",
                    f"{sent} requests ({after.mutating - before.mutating} mutating), {chain} round trips",
                    f"{wall / LATENCY_S:.1f} x the latency",
                )
        yield Figure(
            f"the day: {COUNT} exits, {COUNT} entries{'' if lab.agrees() else ', DIFFERENT BOOKS'}",
            f"{requests} requests, {trips} round trips",
            f"{total / LATENCY_S:.1f} x the latency",
            "150 requests, about 30 round trips",
        )


class _CountingServer(SimServer):
    """Remembers when each request had waited out the latency."""

    def __init__(self, exchange: Exchange) -> None:
        super().__init__(exchange, speed=0, latency=LATENCY_S)
        self.arrivals: list[float] = []

    def run_clock(self) -> None:
        """Called for every request, right after the latency."""
        self.arrivals.append(time.monotonic())

    def round_trips(self) -> int:
        """Return the longest chain of requests of which none began before the one ahead of it was answered."""
        count, answered = 0, 0.0
        for arrival in sorted(self.arrivals):
            if arrival - LATENCY_S >= answered:
                count, answered = count + 1, arrival
        return count


@contextmanager
def _served(lab: Lab) -> Iterator[tuple[AlpacaClient, _CountingServer]]:
    """Serve the lab's exchange, time standing still between its moments, and open a client on it."""
    server = _CountingServer(lab.market.exchange)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    keys = KeyPair(Secret("PKBENCH"), Secret("bench"), "the benchmark")
    clock = SimClock(lab.market.exchange)  # a sleep lets the market go on
    try:
        # the state DB is bound to the lab's account, so the client bears its broker's name
        yield AlpacaClient(server.address, server.address, keys, clock, broker_id="sim", per_minute=100_000), server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
