"""Answers with any status and headers: to a read, and to the three requests that change something."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from live.alpaca.client import AlpacaClient
from tests.live.alpaca.orders import DATA, OTO, order_json
from tests.proofs.fuzz.canned import Canned, client_of, is_sane
from tests.proofs.fuzz.mutate import json_form
from tests.proofs.fuzz.target import Target, outcome, require
from tests.proofs.fuzz.targets.answers import market

STATUSES = (
    200,
    201,
    204,
    206,
    301,
    307,
    400,
    401,
    403,
    404,
    408,
    409,
    418,
    422,
    425,
    429,
    451,
    500,
    502,
    503,
    504,
    599,
)
WORDS = (
    "client_order_id must be unique", "potential wash trade detected", "insufficient qty available for order",
    "insufficient buying power", "account is restricted", "asset not found", "order is already in \"filled\" state",
    "forbidden.", "invalid api key", "stop price must be less than current price",
)  # fmt: skip
HEADERS = ("Retry-After", "X-RateLimit-Reset", "Date", "X-Request-ID", "Content-Type", "Location")
HEADER_VALUES = (
    "0", "-1", "1e999", "nan", "inf", "60", "99999999999999999999", "Thu, 01 Jan 1970 00:00:00 GMT", "\x1b[31m",
    "Fri, 31 Dec 9999 23:59:59 GMT", "Wed, 31 Feb 2026 25:61:61 +9999", "x" * 500, "", "1767623400",
)  # fmt: skip


def seeds() -> list[bytes]:
    """Return an accepted order, and refusals of several kinds."""
    refusals = [(422, {"code": 40010001, "message": words}) for words in WORDS]
    refusals += [(403, {"code": 40310000, "message": WORDS[2], "related_orders": ["a", "b"], "existing_qty": "1"})]
    refusals += [(429, {"message": "too many requests"}), (503, {}), (404, {"code": 40410000, "message": "not found"})]
    rows = [{"status": status, "headers": {}, "body": json.dumps(body)} for status, body in refusals]
    good = [order_json(), market().get("/v2/account")]
    rows += [{"status": 200, "headers": {"X-Request-ID": "1"}, "body": json.dumps(body)} for body in good]
    return [json.dumps(row).encode() for row in rows]


_fields = json_form((*STATUSES, *STATUSES, *HEADER_VALUES, *WORDS))
_body = json_form((*WORDS, 40010001, 40310000, 42210000))


def mutate(case: bytes, rng: random.Random) -> bytes:
    """Change the status, a header or the body."""
    try:
        content = json.loads(case)
        body = str(content["body"]).encode("utf-8", "replace")
    except (ValueError, TypeError, KeyError, RecursionError):
        return rng.choice(seeds())
    kind = rng.randrange(5)
    if kind == 0:
        content["status"] = rng.choice(STATUSES)
    elif kind == 1:
        content["headers"] = {rng.choice(HEADERS): rng.choice(HEADER_VALUES)}
    elif kind == 2:
        return _fields(case, rng)
    else:
        content["body"] = _body(body, rng).decode("utf-8", "replace")
    return json.dumps(content).encode()


def answer_in(case: bytes) -> Canned | None:
    """Return the answer that a case describes; None when it describes none."""
    try:
        content = json.loads(case)
        status, headers, body = content["status"], content["headers"], content["body"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    is_http = isinstance(status, int) and 200 <= status < 600 and isinstance(headers, dict) and isinstance(body, str)
    if not is_http:
        return None
    told = {str(name): str(value).encode("latin-1", "replace").decode("latin-1") for name, value in headers.items()}
    return Canned(body.encode("utf-8", "replace"), status, told)


def _refused(name: str, words: str, ask: Callable[[AlpacaClient], Any], codes: tuple[int, ...]) -> Target:
    def check(case: bytes) -> str:
        answer = answer_in(case)
        if answer is None:
            return "none"
        client = client_of(answer, follows=True)
        found = outcome(lambda: ask(client), codes, is_sane)
        slept = client.clock._local.slept  # type: ignore[attr-defined]
        require(sum(slept) < 3_700 * 8 and all(0 <= one < 3_700 for one in slept), "waits without end")
        return found

    return Target(name, words, check, seeds, mutate, ".json")


def _bars_page(client: AlpacaClient) -> None:
    client.get_data("/v2/stocks/bars", {"symbols": "AAA"})


TARGETS = (
    _refused("status-read", "any status and headers of a read", lambda client: client.get_order("48444fa6"), (6, 8,
    11)),
    _refused("status-account", "the same of the account", lambda client: client.get_account(), (6, 8, 11)),
    _refused("status-data", f"the same of {DATA.removeprefix('https://')}", _bars_page, (6, 8)),
    _refused("status-post", "the same of a POST", lambda client: client.place_order(OTO), (6, 8, 9, 11)),
    _refused("status-cancel", "the same of a DELETE", lambda client: client.cancel_order("48444fa6"), (6, 8, 9, 11)),
    _refused(
        "status-replace", "the same of a PATCH",
        lambda client: client.replace_order(
            "a", qty=None, stop_price=Decimal("90.10"), client_order_id="20261120_MTZ_stop_sell_2"
        ), (6, 8, 9, 11),
    ),
)  # fmt: skip
