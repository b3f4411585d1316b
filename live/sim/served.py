"""A served exchange as its client's clock: how fast its time runs, and until when it may run as fast as that."""

from __future__ import annotations

from datetime import UTC, datetime

import requests

from live.sim.pace import PATH

_TIMEOUT_S = 5.0
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


class ServedExchange:
    """An exchange that `live.sim serve` serves on this machine. address: its base URL. speed: virtual seconds a second.

    Nobody else answers at `live.sim.pace.PATH`.
    """

    def __init__(self, address: str, speed: float) -> None:
        self.speed = speed
        self._url = address + PATH

    @classmethod
    def at(cls, address: str) -> ServedExchange | None:
        """Return the exchange that is served there, None where something else is, or nothing."""
        content = _ask("GET", address + PATH, None)
        speed = content.get("speed") if isinstance(content, dict) else None
        return cls(address, float(speed)) if isinstance(speed, int | float) else None

    def hold(self) -> None:
        """Let its time run no faster than the wall clock from now on."""
        self.run_fast_until(_LONG_AGO)

    def run_fast_until(self, moment: datetime) -> bool:
        """Let its time run at `speed` until this moment, and no faster than the wall clock from then on.

        Return whether it heard.
        """
        return _ask("POST", self._url, {"fast_until": moment.isoformat()}) is not None


def _ask(method: str, url: str, content: dict[str, str] | None) -> object:
    """Return the answer's JSON, None without a good one."""
    try:
        with requests.Session() as session:
            session.trust_env = False  # no proxy between this machine and itself
            answer = session.request(method, url, json=content, timeout=_TIMEOUT_S, allow_redirects=False)
            return answer.json() if answer.ok else None
    except (requests.RequestException, ValueError):
        return None
