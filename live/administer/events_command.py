"""The command `events`: options and help; the work is in `live.inspect.events`."""

from __future__ import annotations

from dataclasses import dataclass

import click

from live.administer.command import common_flags, run_command
from live.administer.orders_commands import Ticker
from live.run.options import RunOptions


@dataclass(frozen=True, slots=True)
class EventName:
    """A kind of events, or one type of it."""

    kind: str
    type: str | None


class EventType(click.ParamType[EventName]):
    """A type of the contract as `order.fill`, or all of a kind as `order`."""

    name = "type"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> EventName:
        if isinstance(value, EventName):
            return value
        from live.state_db.event_types.registry import EVENT_TYPES  # late: only this option asks

        kinds = {name.partition(".")[0] for name in EVENT_TYPES}
        word = str(value).strip()
        if word not in EVENT_TYPES and word not in kinds:
            kind = word.partition(".")[0]
            known = [name for name in EVENT_TYPES if name.startswith(f"{kind}.")] or sorted(kinds)
            self.fail(f"{word!r} is no event type (expected one of {', '.join(known)})", param, ctx)
        kind, _, type_ = word.partition(".")
        return EventName(kind, type_ or None)


@click.command()
@click.option(
    "--since",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    metavar="SEQ",
    help="Only those after this one.",
)
@click.option("--type", "name", type=EventType(), metavar="TYPE", help="One type (order.fill), or a kind (order).")
@click.option("--ticker", type=Ticker(), metavar="TICKER", help="Only those that name this ticker.")
@click.option("--follow", is_flag=True, help="Go on with new ones until Ctrl-C.")
@common_flags()
@click.pass_context
def events(
    ctx: click.Context, options: RunOptions, since: int, name: EventName | None, ticker: str | None, follow: bool
) -> None:
    """Print the events of the state DB as JSON lines, in their order; changes nothing and asks no broker.

    Each line is a row as it is stored, in the form of docs/events.schema.json. With
    --follow new ones are looked for every second; Ctrl-C ends it with 0.

    \b
    Example: python -m live.admin events --type order.fill --ticker AAPL
    """
    if follow and options.as_json:
        raise click.UsageError("--follow and --json exclude each other: one object has an end")
    from live.inspect.events import print_stored_events
    from live.state_db.events import EventFilter

    wanted = EventFilter(None if name is None else name.kind, None if name is None else name.type, ticker)
    run_command(
        ctx,
        options,
        "events",
        lambda run: print_stored_events(run, options, ctx.obj, wanted, since=since, follow=follow),
        has_data=True,
    )
