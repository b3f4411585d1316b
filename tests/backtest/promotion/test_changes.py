"""What differs between two manifests, and as the configuration has to say it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from backtest.params import CandidateSource, Params, Variant
from backtest.promotion.changes import Change, as_yaml, changes
from backtest.settings import apply_settings, load_params, params_to_plain

SETTINGS = ("stop_loss_pct=8", "min_gap=2.5", "rotation=false", "max_holding_days=90", "primary.period=6",
            "shadow.trailing_stop=none", "shadow.period=3")  # fmt: skip


def test_equal_values_are_no_change() -> None:
    plain = params_to_plain(Params())
    assert changes(plain, dict(plain)) == ()


def test_what_is_missing_on_one_side_has_a_dash_there() -> None:
    assert changes({"old": 1, "both": None}, {"both": None, "new": "x"}) == (
        Change("new", "-", "x"),
        Change("old", "1", "-"),
    )


def test_true_is_not_one() -> None:
    assert changes({"a": True}, {"a": 1}) == (Change("a", "true", "1"),)


def test_the_printed_lines_make_a_configuration_of_the_same_parameters(tmp_path: Path) -> None:
    wanted = apply_settings(Params(), SETTINGS)
    lines = as_yaml(changes(params_to_plain(Params()), params_to_plain(wanted)))
    (tmp_path / "config.yaml").write_text("\n".join(lines))
    assert load_params(tmp_path / "config.yaml") == wanted
    back = as_yaml(changes(params_to_plain(wanted), params_to_plain(Params())))
    (tmp_path / "config.yaml").write_text("\n".join(back))
    assert load_params(tmp_path / "config.yaml") == Params()


def test_the_configuration_of_a_scan_and_of_a_list_of_shadows_is_printed_whole(tmp_path: Path) -> None:
    symbols = tmp_path / "symbols.txt"
    symbols.write_text("AAA\n")
    scan = CandidateSource("rsi_reversion", (("oversold", 25), ("rsi_period", 14)), symbols_file=str(symbols))
    tight = Variant("weekly_ema", 8, id="tight", overrides=(("max_positions", 4),))
    wanted = Params(primary=Variant("weekly_ema", 10, source=scan), shadows=(tight,))
    for shadows in ((tight,), ()):
        after = replace(wanted, shadows=shadows)
        lines = as_yaml(changes(params_to_plain(Params()), params_to_plain(after)))
        config = tmp_path / "config.yaml"
        config.write_text("\n".join(lines) + "\n")
        assert load_params(config) == after
