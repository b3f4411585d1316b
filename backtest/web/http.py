"""One bounded HTTP exchange at a time, and the retry rule for reads.

Connects within 5 s, waits 15 s for data, 30 s a call, 20 MB a body; no redirects, no proxies, CA
settings or netrc from the environment, TLS always verified, no retries below us. What a request did
is an `Answer`; when nobody can say, `NoAnswerError`. Only GET is repeated here (4 tries within 60 s,
backoff with jitter, X-RateLimit-Reset and Retry-After on 429); mutating requests follow live.alpaca.submit.
"""

from __future__ import annotations

import json
import logging
import random
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from http.client import HTTPException
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

from requests import PreparedRequest, RequestException, Response
from requests.adapters import BaseAdapter, HTTPAdapter
from requests.exceptions import SSLError
from requests.structures import CaseInsensitiveDict
from urllib3.exceptions import HTTPError

from backtest.errors import DriftError, PriceSourceUnavailableError
from backtest.redaction import Redactor, Secret
from backtest.version import __version__
from backtest.web.answers import MAX_ERROR_TEXT, Answer, NoAnswerError, UnreadableAnswerError, short_text
from backtest.web.clock import BrokerClock, Clock, http_date, stopwatch
from backtest.web.limiter import RateLimiter, RequestCounter

logger = logging.getLogger(__name__)

T = TypeVar("T")

CONNECT_TIMEOUT_S = 5.0
READ_TIMEOUT_S = 15.0
CALL_TIMEOUT_S = 30.0
MAX_BODY_BYTES = 20_000_000
GET_TRIES = 4
GET_BUDGET_S = 60.0
BACKOFF_S = 0.5
LONGEST_WAIT_S = 3600
LEAST_WAIT_S = 1e-6
"""What is left of a wait below it is none: a clock tells microseconds."""
WATCH_SECONDS = 1.0
"""How often a run that waits for a read is asked whether it may go on."""
_RETRY_NEXT_STEP = "Nothing is lost; run the same command again in a minute."


class Http:
    """Sends requests to the hosts it was given, counted and limited. Safe for a few threads at once."""

    def __init__(
        self,
        headers: Mapping[str, Secret],
        judge: Callable[[Answer, str], None],
        clock: Clock,
        *,
        transport: BaseAdapter | None = None,
        secrets: Iterable[Secret] = (),
        rng: random.Random | None = None,
        per_minute: int = 200,
        unavailable: type[DriftError] = PriceSourceUnavailableError,
    ) -> None:
        """headers: who we are. secrets: what else must not come back in an answer. judge: is given the answer to a
        read that is no 2xx and its path, and raises what it means or returns when the read may be tried again.
        transport: answers in-process instead of the network. rng: jitter of the backoff. unavailable: the error (8) of
        a read whose tries or budget are used up.
        """
        self.clock = clock
        self.counter = RequestCounter()
        self._headers = headers
        self._redactor = Redactor([*headers.values(), *secrets])
        self._judge = judge
        self._unavailable = unavailable
        self._is_local = transport is not None
        self._adapter = transport or HTTPAdapter(pool_connections=4, pool_maxsize=8, max_retries=0)
        self._limiter = RateLimiter(clock, per_minute)
        self._check: Callable[[], None] | None = None
        self._rng = rng or random.Random()

    def get(
        self,
        base: str,
        path: str,
        query: Mapping[str, str] | None,
        parse: Callable[[Any], T],
        *,
        exact: bool = True,
        is_listing: bool = False,
    ) -> T:
        """Read, retry what may pass, and return the parsed answer.

        is_listing: it is asked for again and again, and often the same; `parse` is as `Answer.read` wants it.
        Raises what the judge and `parse` raise, `unavailable` when tries or budget are used up, and what
        the check of `watch_waits` raises while it waits.
        """
        elapsed = stopwatch(self.clock)  # the very answer may set the clock
        deadline = elapsed() + GET_BUDGET_S
        for attempt in range(GET_TRIES):
            try:
                answer = self.send("GET", base, path, query)
                if answer.is_success:
                    return answer.read(parse) if is_listing else parse(answer.json(exact=exact))
                self._judge(answer, path)
                problem = f"HTTP {answer.status}"
                wait = self.backoff(attempt, answer)
            except NoAnswerError as error:
                problem, wait = str(error), self.backoff(attempt)
                if error.is_final:
                    break
            except UnreadableAnswerError as error:
                problem, wait = f"unreadable answer ({error})", self.backoff(attempt)
            if attempt + 1 == GET_TRIES or elapsed() + wait > deadline:
                break
            self._sleep_watched(wait)
        raise self._unavailable(f"GET {path} failed: {problem} (expected an answer)", next_step=_RETRY_NEXT_STEP)

    def send(
        self,
        method: str,
        base: str,
        path: str,
        query: Mapping[str, str] | None = None,
        content: Mapping[str, Any] | None = None,
    ) -> Answer:
        """Send one request once, and log it: at DEBUG one that is answered well. Raises NoAnswerError."""
        prepared = self._prepare(method, base, path, query, content)
        self._limiter.wait_for_turn(self._sleep_watched if method == "GET" else None)
        self.counter.count(method)
        asked_at = self.clock.tick() if isinstance(self.clock, BrokerClock) else 0.0
        began = time.perf_counter()
        try:
            answer = self._exchange(prepared) if self._is_local else self._exchange_within_limit(prepared)
        except NoAnswerError as error:
            _log_request(logging.WARNING, method, path, began, str(error))
            raise
        if isinstance(self.clock, BrokerClock) and "Date" in answer.headers:
            self.clock.hear(answer.headers["Date"], asked_at)
        _log_answer(method, path, began, answer)
        if 300 <= answer.status < 400:
            raise NoAnswerError(f"a redirect ({answer.status}), which is never followed", is_final=True)
        return answer

    def watch_waits(self, check: Callable[[], None] | None) -> None:
        """Call `check` before and during every wait of a read from now on; what it raises ends the read.

        A request on its way is never broken off, and what changes something waits and looks up to its end.
        """
        self._check = check

    def _sleep_watched(self, seconds: float) -> None:
        if self._check is None:
            self.clock.sleep(seconds)
            return
        elapsed = stopwatch(self.clock)
        until = elapsed() + seconds
        self._check()
        while (left := until - elapsed()) > LEAST_WAIT_S:
            self.clock.sleep(min(left, WATCH_SECONDS))
            self._check()

    def close(self) -> None:
        """Close the connections that are kept open."""
        self._adapter.close()

    def backoff(self, attempt: int, answer: Answer | None = None) -> float:
        """Return the seconds to wait before the next try: what a 429 or 503 asks for, else 0.5 s, 1 s … with jitter."""
        pause = BACKOFF_S * 2.0**attempt * (1 + self._rng.random())
        if answer is None or answer.status not in (429, 503):
            return pause
        usual = max(3.0, pause) if answer.status == 429 else pause
        asked = [wait for wait in self._asked_waits(answer.headers) if pause <= wait <= LONGEST_WAIT_S]
        return max(asked, default=usual)

    def _asked_waits(self, headers: Mapping[str, str]) -> Iterator[float]:
        """Yield the seconds that X-RateLimit-Reset (a moment) and Retry-After (seconds or a date) ask for."""
        now = self.clock.now()
        with suppress(KeyError, ValueError):
            yield float(headers["X-RateLimit-Reset"]) + 1 - now.timestamp()
        with suppress(KeyError, ValueError):
            yield float(headers["Retry-After"])
        if (until := http_date(headers.get("Retry-After", ""))) is not None:
            yield (until - now).total_seconds()

    def _prepare(
        self, method: str, base: str, path: str, query: Mapping[str, str] | None, content: Mapping[str, Any] | None
    ) -> PreparedRequest:
        """Build the request by hand: what requests would guess (auth, cookies, environment) is not wanted."""
        prepared = PreparedRequest()
        prepared.method = method
        prepared.url = f"{base}{path}?{urlencode(query, quote_via=quote)}" if query else f"{base}{path}"
        headers = {
            **{name: value.reveal() for name, value in self._headers.items()},
            "Accept": "application/json",
            "Accept-Encoding": "gzip, deflate",
            "User-Agent": f"earnings-drift/{__version__}",
        }
        if content is not None:
            prepared.body = json.dumps(content, separators=(",", ":")).encode()
            headers |= {"Content-Type": "application/json", "Content-Length": str(len(prepared.body))}
        prepared.headers = CaseInsensitiveDict(headers)
        prepared.hooks = {"response": []}
        return prepared

    def _exchange(self, prepared: PreparedRequest) -> Answer:
        try:
            response = self._adapter.send(
                prepared, stream=True, timeout=(CONNECT_TIMEOUT_S, READ_TIMEOUT_S), verify=True, cert=None, proxies={}
            )
            try:
                return Answer(
                    response.status_code, response.headers, self._redactor.hide_known_bytes(_read_body(response))
                )
            finally:
                response.close()
        except SSLError as error:
            raise NoAnswerError(f"TLS failed ({_root_words(error)})", is_final=True) from None
        except (RequestException, HTTPError, HTTPException, OSError, ValueError) as error:
            raise NoAnswerError(f"no answer ({_root_words(error)})") from None

    def _exchange_within_limit(self, prepared: PreparedRequest) -> Answer:
        """Give up after 30 s whatever the other side does; the socket's own timeouts start anew with every byte."""
        outcome: list[Answer | BaseException] = []

        def work() -> None:
            try:
                outcome.append(self._exchange(prepared))
            except BaseException as error:  # handed to the waiting thread, which raises it
                outcome.append(error)

        worker = threading.Thread(target=work, daemon=True)
        worker.start()
        worker.join(CALL_TIMEOUT_S)
        if not outcome:
            raise NoAnswerError(f"no answer (not complete within {CALL_TIMEOUT_S:.0f} s)")
        if isinstance(outcome[0], BaseException):
            raise outcome[0]
        return outcome[0]


def _log_answer(method: str, path: str, began: float, answer: Answer) -> None:
    """Log what was answered; never the query, which may hold a key."""
    words, level = "", logging.DEBUG
    if not answer.is_success:
        words = f": {short_text(answer.body[: 4 * MAX_ERROR_TEXT].decode('utf-8', 'replace'))}"
        level = logging.INFO if answer.status == 404 else logging.WARNING  # finding nothing is no fault
    if logger.isEnabledFor(level):
        request_id = short_text(answer.headers.get("X-Request-ID", "none"), 80)
        text = f"{answer.status}, X-Request-ID {request_id}{words}"
        _log_request(level, method, path, began, text, status=answer.status, request_id=request_id)


def _log_request(level: int, method: str, path: str, began: float, text: str, **more: object) -> None:
    ms = round((time.perf_counter() - began) * 1000)
    fields = {"event": "request", "method": method, "path": path, "ms": ms, **more}
    logger.log(level, "%s %s: %s (%d ms)", method, path, text, ms, extra={"fields": fields})


def _read_body(response: Response) -> bytes:
    chunks, size = [], 0
    for chunk in _chunks(response):
        chunks.append(chunk)
        size += len(chunk)
        if size > MAX_BODY_BYTES:
            raise NoAnswerError(f"an answer of more than {MAX_BODY_BYTES:,} bytes")
    return b"".join(chunks)


def _chunks(response: Response) -> Iterable[bytes]:
    """Return a body as it comes; a transport in-process gives it whole."""
    if response.raw is None:
        body = response.content
        return (body,) if isinstance(body, bytes) else ()
    return response.iter_content(65_536)


def _root_words(error: BaseException) -> str:
    """Name an exception without its text, which may quote the URL with its query."""
    cause = error.__cause__ or error.__context__
    return type(error).__name__ if cause is None else f"{type(error).__name__}, {type(cause).__name__}"
