"""The commands of the administrator as `--help` lists them: by what they are for, each with the question it answers."""

from __future__ import annotations

from collections.abc import Mapping

import click

from backtest.command_line import ProgramGroup, write_sections

SECTIONS: Mapping[str, Mapping[str, str]] = {
    "Look": {
        "status": "What is held, and is it protected? --check for a monitor.",
        "explain": "Why was a stock bought, skipped, kept or sold?",
        "trades": "What did the closed trades bring?",
        "slippage": "Do orders fill as the backtest assumes?",
        "shadows": "Would a shadow strategy have done better?",
        "parity": "Did it trade as the backtest does?",
        "page": "The day as a page for the browser.",
        "orders": "What was ordered? list, show, cancel.",
        "runs": "What was run, and how did it end? list, show.",
        "events": "What happened, as JSON lines for other programs.",
        "browse": "Every row of the state DB, in a browser.",
        "diff": "What does another signal file do otherwise?",
        "config": "Which settings are in force?",
        "strategies": "What can propose candidates?",
        "brokers": "Which broker adapters are there?",
    },
    "Care": {
        "doctor": "Will tomorrow's runs work?",
        "backup": "Copy the state DB, while programs run.",
        "maintenance": "Make files small, delete old logs and pages.",
        "probe": "Is the paper broker as docs/broker.md says?",
    },
    "Stop, and trade by hand": {
        "kill-switch": "Stop all buying and selling now; go on again.",
        "entries": "Buy nothing any more, go on selling and protecting.",
        "skip": "Veto one decided entry before it is sent.",
        "close": "Sell one position.",
        "flatten": "Sell every position.",
        "limits": "Trade again after a drawdown.",
    },
    "When something is wrong": {
        "reconcile": "Do state DB and broker agree?",
        "repair": "Resolve a difference between them.",
        "restore": "Put a backup in the place of the state DB.",
        "rebuild": "Make a lost state DB anew from broker and signal files.",
    },
}


class SectionedGroup(ProgramGroup):
    """A program whose help lists its commands by section. One that no section names stands in the last."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        shown = [name for name in self.list_commands(ctx) if not self.commands[name].hidden]
        named = {name for section in SECTIONS.values() for name in section}
        others = {name: self.commands[name].get_short_help_str() for name in shown if name not in named}
        sections = {**SECTIONS, "Other commands": others}
        there = {
            title: {name: words for name, words in section.items() if name in shown}
            for title, section in sections.items()
        }
        write_sections(formatter, there)
