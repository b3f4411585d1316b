"""What a person writes: configuration, overrides, manifest, key files, addresses, variables, plug-ins."""

from __future__ import annotations

import itertools
import json
import random
import re
from collections.abc import Callable
from functools import cache

from backtest.manifest import check_manifest, load_manifest, manifest_bytes
from backtest.params import Params
from backtest.plugin_parameters import declared
from backtest.plugins import read_meta
from backtest.settings import params_from_plain, params_to_plain
from backtest.sources.registry import FUNCTION, LITERAL
from backtest.web.hosts import data_base, fmp_base
from backtest.web.keys import check_mode, find_data_keys, find_keys, read_sources
from live.alpaca.hosts import LIVE_URL, choose_endpoints, trading_base
from live.config import LiveConfig
from live.config_file import all_settings_of, load_config, settings_of
from live.run.environment import check_environment, log_level
from tests.paths import DEFAULT_CONFIG, ROOT
from tests.proofs.fuzz.mutate import json_form, text_form
from tests.proofs.fuzz.scratch import fresh_folder, put
from tests.proofs.fuzz.target import SECRET, VALUE, Target, outcome, require

CONFIG, MANIFEST = (6,), (5, 7)
KEY = "PKTESTKEYID000123456"
OTHER = "s" * 40
_LOOPBACK = re.compile(r"https?://(127\.0\.0\.1|localhost|\[::1\])(:[0-9]{1,5})?")
_COUNT = itertools.count()


@cache
def config_lines() -> list[str]:
    """Return the shipped configuration without its comments."""
    lines = DEFAULT_CONFIG.read_text(encoding="utf-8").splitlines()
    return [line.partition(" #")[0].rstrip() for line in lines if line.partition("#")[0].strip()]


def _good_config(found: LiveConfig) -> None:
    params = found.strategy
    require(params_from_plain(params_to_plain(params), "again") == params, "parameters not read back")
    require(not found.live.enabled or not found.safety.missing, "live without every limit")
    require(0 < params.stop_loss_bp < 10_000 and params.max_positions > 0, "a parameter out of its range")
    json.dumps(settings_of(found))
    all_settings_of(found)


def _check_config(case: bytes) -> str:
    return outcome(lambda: load_config(put("config.yaml", case)), CONFIG, _good_config)


def _check_setting(case: bytes) -> str:
    settings = tuple(case.decode("utf-8", "replace").split("\n")[:4])
    return outcome(lambda: load_config(put("empty.yaml", b"live:\n  enabled: false\n"), settings), CONFIG, _good_config)


def _settings_seed() -> list[bytes]:
    return [
        b"strategy.max_positions=20\nsafety.max_drawdown_pct=15", b"execution.ignore_tickers=AAA,BRK.B",
        b"strategy.primary.period=10\nstrategy.primary.trailing_stop=weekly_ema", b"notify.on=9,fill",
        b"strategy.market_filter.max=30\nstrategy.market_filter.file=vix.csv", b"paths.state_db=live/state.db",
        b"strategy.stop_loss_pct=9.5", b"heartbeat.url=https://hc-ping.com/x", b"live.enabled=true",
    ]  # fmt: skip


def _check_manifest(case: bytes) -> str:
    path = put("run_manifest.json", case)
    found = outcome(lambda: load_manifest(path), MANIFEST)
    if found == VALUE:
        raw = json.loads(case)["parameters"]
        agreed = outcome(lambda: check_manifest(path, Params()), (5,))
        same = json.dumps(raw, sort_keys=True) == json.dumps(params_to_plain(Params()), sort_keys=True)
        require((agreed == VALUE) == same or _equal_numbers(raw), "a manifest of other parameters counts as ours")
        return agreed
    return found


def _equal_numbers(raw: object) -> bool:
    """Whether the parameters differ only in how a number is written: 10.0 and 1e1 are 10."""
    from decimal import Decimal

    ours = params_to_plain(Params())

    def number(value: object) -> object:
        return Decimal(str(value)) if isinstance(value, int | float) and not isinstance(value, bool) else value

    if not isinstance(raw, dict) or raw.keys() != ours.keys():
        return False
    return all(number(raw[name]) == number(value) for name, value in ours.items())


def _check_keys(name: str) -> Callable[[bytes], str]:
    def check(case: bytes) -> str:
        folder = fresh_folder("project")
        put(f"project/{name}", case)

        def read() -> None:
            sources = read_sources({}, folder)
            require(SECRET not in repr(sources), "repr shows a secret")
            for is_live in (False, True):
                check_mode(sources, is_live=False)
                pair = find_keys(sources, is_live=is_live)
                require(SECRET not in f"{pair!r} {pair}", "a pair shows its secret")
                for half in (pair.key_id, pair.secret):
                    require(re.fullmatch(r"[!-~]{8,256}", half.reveal(), re.ASCII), "a key that fits no header")
            find_data_keys(sources)

        return outcome(read, CONFIG)

    return check


def _check_url(case: bytes) -> str:
    text = case.decode("utf-8", "replace")
    found = "6"
    for base_of in (lambda one: trading_base(one, live_enabled=False), data_base, fmp_base):
        bases: list[str] = []
        if outcome(lambda base_of=base_of, bases=bases: bases.append(base_of(text)), CONFIG) == VALUE:  # type: ignore[misc]
            base, found = bases[0], VALUE
            require(base != LIVE_URL, "the live host without enablement")
            listed = base in ("https://paper-api.alpaca.markets", "https://data.alpaca.markets",
                              "https://data.sandbox.alpaca.markets", "https://financialmodelingprep.com")  # fmt: skip
            require(listed or _LOOPBACK.fullmatch(base), f"a host that is not on the list: {base[:80]}")
            require(base == text.lower().removesuffix("/"), "another host than the one that was given")
    outcome(lambda: choose_endpoints({"APCA_API_BASE_URL": text, "APCA_API_DATA_URL": text}, live_enabled=True), CONFIG)
    return found


def _check_environment(case: bytes) -> str:
    lines = (line.partition("=") for line in case.decode("utf-8", "replace").split("\n"))
    environ = {name: value for name, _, value in lines if name}

    def read() -> None:
        check_environment(environ)
        log_level(environ)
        sources = read_sources(environ, fresh_folder("nothing"))
        find_keys(sources, is_live=False)
        choose_endpoints(environ, live_enabled=False)

    return outcome(read, CONFIG)


def _check_plugin(case: bytes) -> str:
    path = put("plugin.py", case + b"#%d" % next(_COUNT))  # texts that were seen are remembered
    try:
        meta = read_meta(path, LITERAL, (FUNCTION,))
        if meta is None:
            return "none"
        declared(meta)
    except ValueError:
        return "refused"
    require(isinstance(meta["id"], str) and meta["id"], "a plug-in without an id")
    return VALUE


def _plugins_seed() -> list[bytes]:
    return [path.read_bytes() for path in sorted((ROOT / "backtest" / "sources").glob("*.py"))
            if LITERAL in path.read_text() and f"def {FUNCTION}(" in path.read_text()]  # fmt: skip


def _env_seed() -> list[bytes]:
    pair = f"APCA_API_KEY_ID={KEY}\nAPCA_API_SECRET_KEY={SECRET}\n"
    named = f"# mine\nexport ALPACA_PAPER_API_KEY='{KEY}'\nALPACA_PAPER_SECRET_KEY=\"{SECRET}\"\n"
    both = f"{named}ALPACA_LIVE_API_KEY={KEY}\nALPACA_LIVE_SECRET_KEY={SECRET}\nALPACA_MODE=paper\n"
    return [(pair + f"ALPACA_LIVE_API_KEY={KEY}\nALPACA_LIVE_SECRET_KEY={SECRET}\n").encode(), both.encode()]


def _mcp_seed() -> list[bytes]:
    env = {"APCA_API_KEY_ID": KEY, "APCA_API_SECRET_KEY": SECRET}
    servers = {"alpaca": {"command": "uvx", "args": ["x"], "env": env}, "other": {"command": "y"}}
    return [json.dumps({"mcpServers": servers}).encode()]


def _mutate_lines(words: tuple[str, ...]) -> Callable[[bytes, random.Random], bytes]:
    """Text in lines, a line exchanged for one of the language now and then."""
    text = text_form(words)

    def mutate(case: bytes, rng: random.Random) -> bytes:
        if rng.random() < 0.4:
            lines = case.split(b"\n")
            lines[rng.randrange(len(lines))] = rng.choice(words).encode()
            return b"\n".join(lines)
        return text(case, rng)

    return mutate


_YAML = (
    "strategy:", "  max_positions: 20", "  primary:", "    trailing_stop: weekly_ema", "    period: 10", "  shadows:",
    "    - trailing_stop: weekly_nweek_low", "    - id: only_a", "      min_grade: A", "safety:", "  on_trip: refuse",
    "  max_drawdown_pct: 15.5", "live:", "  enabled: true", "notify:", "  on: [9, fill]", "[", "{a: b}", "? a", "null",
    "  stop_loss_pct: 99.99", "  stop_loss_pct: 1e-30", "  market_filter:", "    max: .nan", "010", "9:30", "no",
    "2026-01-01",
)  # fmt: skip
_SETTINGS = (
    "strategy.max_positions=1", "strategy.primary=none", "strategy.shadows=", "strategy.shadows.0.period=4", "a.b=c",
    "strategy.primary.rsi.period=3", "safety.on_trip=refuse", "execution.poll_interval_s=0", "live.enabled=yes",
    "=", ".=",
    "strategy.stop_loss_pct=1e-9", "strategy.take_profit_pct=10", "paths.state_db=:memory:",
    "strategy.position_size=0.001",
)  # fmt: skip
_URLS = (
    "https://paper-api.alpaca.markets", "https://api.alpaca.markets", "http://127.0.0.1:8080", "http://localhost",
    "https://[::1]:65535", "@", ":443", "?", "#", "/v2", ".evil.example", ".", "%2e", "。", "а", "ﬃ", "\\", "//",
    "\t", "K",
    "https://financialmodelingprep.com", "http://127.0.0.1:99999", "http://127.1", "http://0x7f000001", "ſ", "１２７",
)  # fmt: skip

TARGETS = (
    Target(
        "config-yaml", "the configuration", _check_config,
        lambda: ["\n".join(config_lines()).encode(), b"strategy:\n  max_positions: 5\n  shadows: []\n"],
        _mutate_lines(_YAML), ".yaml",
    ),
    Target("setting", "--set", _check_setting, _settings_seed, _mutate_lines(_SETTINGS)),
    Target(
        "manifest", "the run's manifest", _check_manifest, lambda: [manifest_bytes(Params())],
        json_form((20, 21, "weekly_ema", "ema_p10", 10, 10.0, "10")), ".json",
    ),
    Target("env-file", ".env", _check_keys(".env"), _env_seed, _mutate_lines((
        f"APCA_API_KEY_ID={KEY}", f"APCA_API_SECRET_KEY={SECRET} ", "ALPACA_MODE=live", f"ALPACA_SECRET={SECRET}",
        f"ALPACA_API_KEY={KEY}", f"ALPACA_SECRET_KEY={SECRET}", "'", '"', "export ", "${HOME}", "APCA_API_KEY_ID=",
    ))),
    Target(
        "mcp-file", ".mcp.json", _check_keys(".mcp.json"), _mcp_seed,
        json_form(("APCA_API_KEY_ID", "ALPACA_API_KEY", SECRET, KEY, "${APCA_API_KEY_ID}")), ".json",
    ),
    Target("base-url", "addresses of hosts", _check_url, lambda: [one.encode() for one in _URLS[:5]], text_form(_URLS)),
    Target(
        "environment", "variables of the environment", _check_environment,
        lambda: [f"APCA_API_KEY_ID={KEY}\nAPCA_API_SECRET_KEY={OTHER}\nLOG_LEVEL=info\nHOME=/root".encode()],
        _mutate_lines((
            "EARNINGS_DRIFT_HOME=/x", "EARNINGS_DRIFT_LIVE=1", "EXECUTOR_STATE_DB=x", "LOG_LEVEL=loud", "LOG_LEVEL=",
            "APCA_API_BASE_URL=https://api.alpaca.markets", "APCA_API_BASE_URL=http://127.0.0.1:5", "ALPACA_KEY=x",
            "APCA_API_DATA_URL=https://data.alpaca.markets/", f"APCA_SECRET={OTHER}", "APCA_API_KEY_ID=",
        )),
    ),
    Target(
        "plugin", "the literal of a strategy's file", _check_plugin, _plugins_seed,
        text_form((
            "STRATEGY_META = {", "(", "[", "{", "-", "not ", "lambda: ", '"parameters": {', '"low": 2', '"default": 14',
            "1e999", "0x" + "f" * 50, "f'{x}'", "b''", "...", "1j", "**", '"""', "# coding: latin-1",
            "def propose(", "\\",
        )),
    ),
)  # fmt: skip
