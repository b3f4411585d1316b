"""Keys, broker and account: whose orders the next runs would send, and for how many entries the funds last."""

from __future__ import annotations

from backtest.entry_limit import limit_price
from backtest.errors import KeysError
from backtest.money import format_usd, to_price
from live.book.funds import Funds, entry_need, funds_for_entries
from live.broker import Account
from live.brokers.registry import find_keys
from live.config import LiveConfig
from live.doctor.answer import Answer, NotAskedError, fail, failed, ok, warn
from live.doctor.context import Context
from live.execute.decide.guards import position_share, safety_limits
from live.execute.decide.limits import way_out
from live.run.account_line import limits_text
from live.run.lock import account_lock_path, lock_problem
from live.run.startup import broker_of, open_request, reach_account, refuse_restricted

NONE_NEEDED = "none needed"
NO_KEYS = "no keys"


def keys(context: Context) -> Answer:
    """Look for the keys of the broker; where they are is told, never what they are. Raises ConfigError (6)."""
    config, options = context.config, context.options
    if context.runtime is not None:
        return ok(NONE_NEEDED)
    try:
        found_in = find_keys(options.broker or config.broker.id, open_request(context.run, config, options))
    except KeysError:
        context.why_no_broker = NO_KEYS
        raise
    if found_in is None:
        return ok(NONE_NEEDED)
    return ok(f"{found_in}, for the {'live' if options.enable_live else 'paper'} account")


def broker(context: Context) -> Answer:
    """Open the broker, which asks it nothing. Raises ConfigError (6)."""
    bound = context.opened_for_account().db.system_config.bound_account()
    has_keys = context.why_no_broker != NO_KEYS
    try:
        opened = broker_of(context.run, context.config, context.options, context.runtime, bound)
    except KeysError:
        if has_keys:
            raise
        raise NotAskedError(NO_KEYS) from None
    context.broker = opened
    return ok(f"{opened.id}, {opened.mode}, {'in this process' if opened.is_in_process else opened.address}")


def account(context: Context) -> Answer:
    """Read the account, and the clock. Raises KeysError, AccountBindingError (6), BrokerUnavailableError (8)."""
    connected = reach_account(context.run, context.opened_for_account(), context.broker, context.options)
    context.connected = connected
    found = connected.account
    return ok(f"{found.number}, {found.status}, equity {found.equity:,.2f}, multiplier {found.multiplier}")


def account_lock(context: Context) -> Answer:
    """Ask who holds the lock of the account, without taking it."""
    connected = context.connected
    path = account_lock_path(connected.broker.id, connected.account.id, connected.broker.lock_folder)
    problem = lock_problem(path)
    return ok("free") if problem is None else failed(problem)


def restrictions(context: Context) -> Answer:
    """Ask whether the broker lets the account trade. Raises SafetyLimitError (11)."""
    refuse_restricted(context.connected.account)
    return ok("none")


def limits(context: Context) -> Answer:
    """Ask whether drawdown or daily loss would stop the next run (11), and whether a usual entry is too large."""
    found, safety = context.connected.account, context.config.safety
    latest = context.opened.db.equity.latest()
    peak = None if latest is None else latest.peak
    refusal = safety_limits(found, peak, safety.max_drawdown_pct, safety.max_daily_loss_pct)
    if refusal is not None:
        return fail(refusal.exit_code, refusal.words, way_out(refusal, safety.on_trip))
    return judge_size(found, context.config)


def judge_size(found: Account, config: LiveConfig) -> Answer:
    """Return whether the share of equity that one entry may have is enough for `position_size`."""
    limit, size = config.safety.max_position_pct, config.strategy.position_size
    if position_share(config.strategy.position_units, 1, found.equity, limit) is None:
        return ok(limits_text(config.safety))
    return fail(
        6,
        f"safety.max_position_pct {limit} of equity {found.equity:,.2f} is below strategy.position_size {size:,}: "
        "hardly an entry is small enough",
        "Raise max_position_pct, or lower position_size (and make a new manifest).",
    )


def funds(context: Context) -> Answer:
    """Ask for how many entries the funds last, by the guard's own sum."""
    opened, connected = context.opened, context.connected
    execution = opened.config.execution
    left = funds_for_entries(connected.account, execution, opened.db.orders.unfinished())
    free = opened.config.strategy.max_positions - len(opened.db.positions.open_positions())
    return judge_funds(connected.account, opened.config, left, max(0, free))


def judge_funds(found: Account, config: LiveConfig, left: Funds, free: int) -> Answer:
    """Return for how many entries funds last. left: what entries may use. free: slots that nothing holds."""
    strategy = config.strategy
    most, size = strategy.max_positions, strategy.position_units
    limit_bp = strategy.entry_limit_bp
    need = entry_need(size, 1, None if limit_bp is None else limit_price(size, limit_bp))
    lasts = min(most, max(0, left.left - left.minimum) // need)
    number = f"{config.execution.funds.value} {format_usd(left.left)}"
    words = f"{number}: enough for {lasts} of {most} slots, {free} free ({format_usd(need)} each)"
    if lasts >= free:
        return ok(words)
    return warn(
        f"{words}; a full book is {most} x {format_usd(size)}, cash is {format_usd(to_price(found.cash))}",
        "Put funds in, or lower max_positions or position_size; entries that funds do not cover are skipped.",
    )


def shorting(context: Context) -> Answer:
    """Ask whether the broker would take a short sale; the programs never send one."""
    return judge_shorting(context.connected.account.shorting_enabled)


def judge_shorting(enabled: bool | None) -> Answer:
    """enabled: None where the broker does not say."""
    if enabled:
        return warn("the broker would take a short sale", "Set no_shorting in the account's settings at the broker.")
    return ok("the broker takes no short sale" if enabled is False else "the broker does not say")
