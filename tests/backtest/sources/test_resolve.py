"""A source as it is in force: every parameter, its version, the hash of its symbols."""

from __future__ import annotations

import hashlib
from decimal import Decimal
from pathlib import Path

import pytest

from backtest.errors import ConfigError, InputError
from backtest.params import Params
from backtest.settings import apply_settings, load_params, params_from_plain, params_to_plain
from backtest.sources.resolve import resolve, resolve_readable
from live.config_file import load_config


def scanned(folder: Path, *settings: str, content: str = "AAA\nBBB\n") -> Params:
    file = folder / "symbols.txt"
    file.write_text(content)
    return apply_settings(
        Params(), ["primary.source=rsi_reversion", f"primary.symbols_file={file}", *settings], "--set"
    )


def test_defaults_version_and_symbols_are_recorded(tmp_path: Path) -> None:
    plain = params_to_plain(resolve(scanned(tmp_path, "primary.source_parameters.oversold=25"), None))
    assert plain["primary.source_parameters.rsi_period"] == 14
    assert plain["primary.source_parameters.oversold"] == 25
    assert plain["primary.source_version"] == "1"
    assert plain["primary.symbols_sha256"] == hashlib.sha256(b"AAA\nBBB\n").hexdigest()
    assert params_to_plain(params_from_plain(plain, "a manifest")) == plain


def test_what_is_recorded_is_read_anew_each_time(tmp_path: Path) -> None:
    before = resolve(scanned(tmp_path), None)
    assert resolve(before, None) == before
    (tmp_path / "symbols.txt").write_text("AAA\n")
    assert resolve(before, None).source.symbols_sha256 != before.source.symbols_sha256


def test_nothing_is_read_for_reports(tmp_path: Path) -> None:
    assert resolve(Params(), tmp_path / "no such folder") == Params()


@pytest.mark.parametrize(
    ("setting", "error"),
    [
        ("primary.source_parameters.rsi_period=1", "rsi_period not valid in .*: 1 .expected between 2 and 100"),
        ("primary.source_parameters.rsi_period=14.5", "rsi_period not valid in .*expected a whole number"),
        ("primary.source_parameters.speed=3", "unknown key in source_parameters of rsi_reversion: speed"),
    ],
)
def test_a_parameter_out_of_its_range_is_6_with_the_range(setting: str, error: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=error):
        resolve(scanned(tmp_path, setting), None)


def test_a_fast_average_has_to_be_faster_than_the_slow_one(tmp_path: Path) -> None:
    file = f"primary.symbols_file={tmp_path / 'symbols.txt'}"
    params = scanned(tmp_path, "primary.source=sma_cross", "primary.source_parameters.fast=50", file)
    with pytest.raises(ConfigError, match="expected less than slow, 50"):
        resolve(params, None)


def test_a_source_without_symbols_is_6() -> None:
    with pytest.raises(ConfigError, match=r"primary\.symbols_file not valid in --set: none"):
        apply_settings(Params(), ["primary.source=rsi_reversion"])


@pytest.mark.parametrize("content", [None, b"\xff\xfe", b"# nothing\n", b"AAA\nnot a symbol at all\n"])
def test_symbols_that_cannot_be_read_are_7(content: bytes | None, tmp_path: Path) -> None:
    params = scanned(tmp_path)
    file = tmp_path / "symbols.txt"
    file.unlink() if content is None else file.write_bytes(content)
    with pytest.raises(InputError) as caught:
        resolve(params, None)
    assert (caught.value.exit_code, str(file) in caught.value.what) == (7, True)
    assert resolve_readable(params, None).source.symbols_sha256 is None


def test_a_csv_of_symbols_has_them_in_its_column_and_in_its_order(tmp_path: Path) -> None:
    from backtest.sources.symbols_file import read_symbols_file

    file = tmp_path / "list.csv"
    file.write_text("name,symbol,exchange\n# ours\nZed,ZED,NYSE\nBerkshire,BRK/B,NYSE\nA,AAA,NASDAQ\nZ,ZED,NYSE\n")
    assert read_symbols_file(str(file)).tickers == ("ZED", "BRK.B", "AAA")


def test_the_configuration_of_the_live_programs_is_complete_and_its_hash_follows_the_symbols(tmp_path: Path) -> None:
    file = tmp_path / "symbols.txt"
    file.write_text("AAA\n")
    config = tmp_path / "config.yaml"
    config.write_text(f"strategy:\n  primary:\n    source: rsi_reversion\n    symbols_file: {file}\n")
    before = load_config(config)
    assert dict(before.strategy.source.parameters)["oversold"] == Decimal(30)
    assert before.strategy == resolve(load_params(config), None)
    file.write_text("AAA\nBBB\n")
    assert load_config(config).config_sha256 != before.config_sha256
    file.unlink()
    assert load_config(config).strategy.source.symbols_sha256 is None
