"""The command lines of the steps are what a person types, with the options of the day."""

from __future__ import annotations

import importlib
from pathlib import Path

import click
import pytest

from live.rounds.commands import command_of
from live.rounds.options import DayOptions
from live.timetable import TIMETABLE

EVERYTHING = DayOptions(
    home=Path("/home/me/drift"),
    config=Path("c.yaml"),
    state_db=Path("s.db"),
    manifest=Path("m.json"),
    broker="sim",
    enable_live=True,
    settings=("broker.sim_file=x.db", "prices.feed=iex"),
    report_dir=Path("reports"),
    output_dir=Path("signals"),
    prices="bars",
)


def test_the_usual_day_is_the_readmes_lines() -> None:
    options = DayOptions(report_dir=Path("reports"))
    assert [" ".join(command_of(program, options)) for program, _ in TIMETABLE] == [
        "live.signal_generator --report-dir reports --json -q",
        "live.executor --phase place --json -q",
        "live.executor --phase poll --json -q",
        "live.executor --phase protect --json -q",
        "live.executor --phase protect --json -q",
    ]
    assert command_of("generator", DayOptions(no_report=True, verbose=True))[1:] == ("--no-report", "--json", "-v")


@pytest.mark.parametrize("program", dict(TIMETABLE))
def test_every_option_reaches_the_program_that_has_it(program: str) -> None:
    module, *args = command_of(program, EVERYTHING)
    command: click.Command = importlib.import_module(module).main
    given = command.make_context(str(command.name), args).params
    wanted = {name: getattr(EVERYTHING, name) for name in DayOptions.__dataclass_fields__ if name in given}
    wanted |= {"as_json": True, "quiet": True}
    assert {name: given[name] for name in wanted} == wanted
    assert {*given} >= {"home", "config", "state_db", "manifest", "broker", "enable_live", "settings"}
