"""The exchange over loopback HTTP, for other clients and for processes that must not share memory.

Trading and market data answer on one port. Time runs with the wall clock times `speed` from the
first request on; speed 0 lets it stand, and `advance` in another process still moves it.
A client may have it run so only until it has something to do (`live.sim.pace`). Never bound to anything
but this machine.
"""

from __future__ import annotations

import json
import logging
import socket
import sys
import time
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock
from typing import Any

import requests

from live.sim.exchange import Exchange
from live.sim.faults import SimAnswer
from live.sim.pace import PATH, Pace
from live.sim.transport import read_request

logger = logging.getLogger(__name__)

_MAX_BODY = 1_000_000
_NEEDED_HEADERS = ("APCA-API-KEY-ID", "Authorization")


class SimServer(ThreadingHTTPServer):
    """Serves one exchange on 127.0.0.1.

    port: 0 takes a free one (see `address`). speed: virtual seconds per second. latency: seconds
    every answer is held back. A request without any keys gets 401, as at the broker.
    """

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, exchange: Exchange, port: int = 0, *, speed: float = 1.0, latency: float = 0.0) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.exchange = exchange
        self.latency = latency
        self._lock = Lock()
        self._pace = Pace(exchange.now(), speed)

    @property
    def address(self) -> str:
        """Return the base URL, for trading and for data."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a client that is gone before its answer; print the traceback of everything else."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    def run_clock(self) -> None:
        """Bring the exchange's time up to the wall clock."""
        if self._pace.speed > 0:
            with self._lock:
                self.exchange.advance_to(self._pace.now())

    def answer_pace(self, method: str, body: bytes) -> SimAnswer:
        """Answer a request about the pace; a POST names the moment until which it is fast."""
        if method == "POST":
            self.run_clock()
            try:
                moment = datetime.fromisoformat(json.loads(body)["fast_until"])
                with self._lock:
                    self._pace.fast_until(self.exchange.now(), moment)
            except (ValueError, TypeError, KeyError):  # no JSON, no moment, or one without its offset
                return SimAnswer(422, b'{"message":"fast_until must be a moment with its offset"}')
        return SimAnswer(200, json.dumps({"speed": self._pace.speed}).encode())


class _Handler(BaseHTTPRequestHandler):
    server: SimServer
    protocol_version = "HTTP/1.1"
    server_version = "sim"
    disable_nagle_algorithm = True

    def _answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(min(length, _MAX_BODY)) if length else b""
        if self.server.latency:
            time.sleep(self.server.latency)
        if self.path == PATH:
            self._send(self.server.answer_pace(self.command, body))
            return
        if not any(self.headers.get(name) for name in _NEEDED_HEADERS):
            self._send(SimAnswer(401, b'{"message":"unauthorized."}'))
            return
        try:
            self.server.run_clock()
            answer = self.server.exchange.handle(read_request(self.command, self.path, body))
        except requests.RequestException:  # a scripted loss: the connection breaks without an answer
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        self._send(answer)

    def _send(self, answer: SimAnswer) -> None:
        self.send_response(answer.status)
        for name, value in {"Content-Type": "application/json; charset=UTF-8", **answer.headers}.items():
            self.send_header(name, value)
        if answer.status != 204:
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if answer.status != 204:
            self.wfile.write(answer.body)

    def date_time_string(self, timestamp: float | None = None) -> str:
        """Return what the `Date` of an answer says: the exchange's time."""
        return super().date_time_string(self.server.exchange.now().timestamp() if timestamp is None else timestamp)

    do_GET = do_POST = do_PATCH = do_DELETE = _answer  # noqa: N815 - names the base class asks for

    def log_message(self, format: str, *args: Any) -> None:
        logger.debug("%s", format % args)
