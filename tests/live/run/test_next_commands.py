"""What a run prints for a person to type repeats the options of that run."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from live.admin import main as admin
from live.run.next_commands import GROUPS, with_run_options
from live.run.options import RunOptions

HOME = RunOptions(home=Path("/srv/drift"))
OTHER = RunOptions(
    home=Path("/srv/my drift"),
    config=Path("paper.yaml"),
    state_db=Path("b.db"),
    manifest=Path("m.json"),
    broker="sim",
    enable_live=True,
    settings=("broker.sim_file=x.sim",),
)
ALL = "--home '/srv/my drift' --config paper.yaml --state-db b.db"
REST = "--broker sim --enable-live --set broker.sim_file=x.sim"


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("Find out why: python -m live.admin reconcile", f"python -m live.admin reconcile {ALL} {REST}"),
        ("python -m live.admin kill-switch off when all is well", f"kill-switch off {ALL} {REST} when all"),
        ("python -m live.admin close AAPL --yes", f"close AAPL {ALL} {REST} --yes"),
        ('python -m live.admin repair BRK.B --adopt --reason "…"; or', f'BRK.B --adopt --reason "…" {ALL} {REST}; or'),
        ("(python -m live.admin restore --list), or", f"restore --list {ALL} {REST}), or"),
        ("python -m live.executor --phase poll after 09:30", f"poll {ALL} --manifest m.json {REST} after 09:30"),
        ("python -m live.executor goes on", f"live.executor {ALL} --manifest m.json {REST} goes on"),
        ("python -m live.admin doctor.", f"doctor {ALL} --manifest m.json {REST}."),
        ("python -m backtest manifest --out x", "python -m backtest manifest --home '/srv/my drift' --out x"),
        ("python -m live.sim init --file x", "python -m live.sim init --home '/srv/my drift' --file x"),
    ],
)
def test_every_option_of_the_run_stands_behind_the_command(text: str, printed: str) -> None:
    said = with_run_options(text, OTHER)
    assert printed in said
    assert with_run_options(said, OTHER) == said


def test_what_a_command_says_itself_stays_and_its_own_settings_win() -> None:
    text = "python -m backtest manifest --out d.json && python -m live.executor --manifest d.json --set strategy.x=8"
    said = with_run_options(text, OTHER)
    assert said.count("--manifest") == 1
    assert said.index("broker.sim_file=x.sim") < said.index("strategy.x=8")


def test_every_command_of_a_line_gets_them() -> None:
    said = with_run_options("python -m live.admin rebuild, or python -m live.admin restore --list", HOME)
    assert said == (
        "python -m live.admin rebuild --home /srv/drift, or python -m live.admin restore --list --home /srv/drift"
    )


def test_a_run_without_options_prints_the_text_as_it_is() -> None:
    text = "python -m live.executor --phase poll after 09:30"
    assert with_run_options(text, RunOptions(as_json=True, verbose=True)) == text


def test_every_group_of_admin_is_known() -> None:
    assert {name for name, one in admin.commands.items() if isinstance(one, click.Group)} == {*GROUPS}
