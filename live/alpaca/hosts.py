"""Which hosts may be talked to at all: an exact allow-list, and what a live endpoint needs (I6).

A URL is only ever matched against the list; the base that requests are built from is the list's own
text. Hosts and sources: docs/broker.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from backtest.web.hosts import DATA_URL, data_base, is_loopback, match_base
from live.broker import TradingMode
from live.config import LiveConfig
from live.errors import LiveNotEnabledError

PAPER_URL = "https://paper-api.alpaca.markets"
LIVE_URL = "https://api.alpaca.markets"

CONFIRMATION = "YES I UNDERSTAND"
CONFIRM_VARIABLE = "EARNINGS_DRIFT_LIVE_CONFIRM"


@dataclass(frozen=True, slots=True)
class Endpoints:
    """The two base URLs of a broker connection, taken from the allow-list."""

    trading_url: str
    data_url: str
    is_live: bool


def trading_base(text: str, *, live_enabled: bool) -> str:
    """Return the allow-list's trading URL that equals `text` (case and one trailing slash apart).

    Raises LiveNotEnabledError for the live host without enablement, HostNotAllowedError for the rest.
    """
    base = match_base(text, (PAPER_URL, LIVE_URL), "broker URL")
    if base == LIVE_URL and not live_enabled:
        raise _live_not_enabled(f"the live endpoint {LIVE_URL}")
    return base


def trading_mode(base: str, *, is_in_process: bool) -> TradingMode:
    """Return what is traded at a base URL of the list. is_in_process: the answers come from no network."""
    if is_in_process:
        return TradingMode.SIMULATED
    if is_loopback(base):
        return TradingMode.LOCAL
    return TradingMode.LIVE if base == LIVE_URL else TradingMode.PAPER


def choose_endpoints(environ: Mapping[str, str], *, live_enabled: bool) -> Endpoints:
    """Return the endpoints of a run: the live host only with enablement, else paper or what the environment names.

    environ: APCA_API_BASE_URL and APCA_API_DATA_URL, which must agree with live or paper (6). A served
    exchange on loopback answers for market data too, so that its keys go nowhere else.
    """
    wanted = environ.get("APCA_API_BASE_URL") or (LIVE_URL if live_enabled else PAPER_URL)
    trading = trading_base(wanted, live_enabled=live_enabled)
    if live_enabled and trading != LIVE_URL:
        raise LiveNotEnabledError(
            f"APCA_API_BASE_URL in the environment: {trading} (expected {LIVE_URL} with --enable-live)",
            next_step="Remove one of the two; paper and live are never mixed.",
        )
    data = environ.get("APCA_API_DATA_URL") or (trading if is_loopback(trading) else DATA_URL)
    return Endpoints(trading, data_base(data), is_live=trading == LIVE_URL)


def is_live_enabled(
    config: LiveConfig, flag: bool, environ: Mapping[str, str], ask: Callable[[str, str], str] | None = None
) -> bool:
    """Return whether live trading is enabled: config AND flag AND typed words AND every safety limit.

    None of config and flag: False. ask: prompts a person for the words it is
    given, naming the host; None when nobody is there.
    Raises LiveNotEnabledError when only a part of them is given: a half-enabled run must not trade
    paper in silence.
    """
    if not flag:
        if config.live.enabled:
            raise _live_not_enabled("live.enabled is true and --enable-live is not given")
        return False
    if not config.live.enabled:
        raise _live_not_enabled("--enable-live is given and live.enabled is false")
    if config.safety.missing:
        raise _live_not_enabled("live trading without every safety limit")
    words = environ.get(CONFIRM_VARIABLE) or (ask(CONFIRMATION, LIVE_URL) if ask is not None else "")
    if words != CONFIRMATION:
        raise _live_not_enabled("live trading without the typed confirmation")
    return True


def _live_not_enabled(what: str) -> LiveNotEnabledError:
    return LiveNotEnabledError(
        f"live trading is not enabled: {what}",
        next_step=f"It needs live.enabled, --enable-live, the words {CONFIRMATION} and all safety limits.",
    )
