"""A `requests` transport adapter that answers from an open exchange instead of the network.

Give it to `live.alpaca.client.AlpacaClient(transport=…)`, or mount it in any `requests.Session`.
Whatever host a request names, the exchange answers by its path: trading and market data live side by
side. Exceptions raised by scripted faults come through as the network's would.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from requests import PreparedRequest, Response
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict

from live.sim.exchange import Exchange
from live.sim.faults import SimRequest

_JSON = "application/json; charset=UTF-8"


class SimTransport(BaseAdapter):
    """Carries requests to one exchange. Safe for several threads."""

    def __init__(self, exchange: Exchange) -> None:
        super().__init__()
        self.exchange = exchange

    def send(
        self,
        request: PreparedRequest,
        stream: bool = False,
        timeout: float | tuple[float, float] | tuple[float, None] | None = None,
        verify: bool | str = True,
        cert: bytes | str | tuple[bytes | str, bytes | str] | None = None,
        proxies: Mapping[str, str] | None = None,
    ) -> Response:
        answer = self.exchange.handle(read_request(request.method or "GET", request.url or "", request.body))
        response = Response()
        response.status_code = answer.status
        response.headers = CaseInsensitiveDict({"Content-Type": _JSON, **answer.headers})
        response._content = answer.body  # what `Response.content` returns; there is no socket to read from
        response._content_consumed = True  # type: ignore[attr-defined]
        response.encoding = "utf-8"
        response.url = request.url or ""
        response.request = request
        return response

    def close(self) -> None:
        """Nothing to release: the exchange stays open."""


def read_request(method: str, url: str, body: Any) -> SimRequest:
    """Return a request of any client as the exchange reads it."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query)) if parts.query else {}
    raw = body.encode() if isinstance(body, str) else bytes(body or b"")
    return SimRequest(method.upper(), parts.path, query, raw)
