"""A web server on loopback that keeps what it is sent, and can be told to misbehave."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Receiver:
    """`got`: the JSON bodies that came; `asked`: every path. status: its answer, None: it never answers."""

    def __init__(self) -> None:
        self.got: list[dict[str, Any]] = []
        self.asked: list[str] = []
        self.status: int | None = 200
        self.has_come = threading.Event()
        self._free = threading.Event()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:  # http.server's name
                receiver.asked.append(self.path)
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.has_come.set()
                if receiver.status is None:
                    receiver._free.wait()
                    return
                if receiver.status == 200:
                    receiver.got.append(json.loads(body))
                self.send_response(receiver.status)
                self.end_headers()

            def do_GET(self) -> None:  # http.server's name
                receiver.asked.append(self.path)
                receiver.has_come.set()
                if receiver.status is None:
                    receiver._free.wait()
                    return
                self.send_response(receiver.status)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def port(self) -> int:
        return self._server.server_port

    @property
    def url(self) -> str:
        """The apprise URL of the receiver."""
        return f"json://127.0.0.1:{self.port}/told"

    def titles(self) -> list[str]:
        return [str(one["title"]) for one in self.got]

    def stop(self) -> None:
        """Refuse every connection from now on."""
        self._free.set()
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()
    try:
        yield receiver
    finally:
        receiver.stop()
