"""Signal file → accepted plan: everything is verified before any mutating request (I7), then the plan
and all its intents are committed in one transaction, before anything is sent.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

from backtest.errors import InputError
from backtest.model import SkipReason
from live.book.funds import Funds, UnfundedRotation, needs_of, unfunded_rotations
from live.book.intents import entry_intent, exit_intent
from live.config import LiveConfig
from live.config_file import config_sha256_of_0_1_0
from live.errors import SignalFileError
from live.execute.decide.entry_holds import NO_HOLDS, EntryHolds
from live.execute.decide.schedule import DayPart, Moment
from live.run.bound_strategy import strategy_changes
from live.signals.file import AccountRef, SignalFile, account_ref, write_text
from live.signals.lines import ExitLine
from live.signals.reader import Expected, LoadedSignalFile, parse_signal_file, read_signal_file, verify_identity
from live.signals.values_form import NEXT_STEP
from live.state_db.db import StateDB
from live.state_db.records import SignalFileRow
from live.state_db.rows import NewOrder, PositionRow


@dataclass(frozen=True, slots=True)
class Today:
    """The verified signal file of today and the row it was issued as."""

    signal: SignalFile
    issued: SignalFileRow


@dataclass(frozen=True, slots=True)
class GivenUpRotation:
    """A rotation that ends when its plan is accepted: `ticker` is not bought, `replaces` is not sold."""

    ticker: str
    replaces: str
    reason: str
    words: str


class SignalSource:
    """The signal file a run works on: read once at the start, verified as soon as enough is known.

    A file that is no signal file at all (7) is reported after keys and account (6) have been checked; what
    can be refused without the broker (5) is refused before.
    """

    def __init__(
        self,
        path: Path | None,
        db: StateDB,
        config: LiveConfig,
        manifest_sha256: str,
        refuse_other_strategy: Callable[[date], None],
    ) -> None:
        """refuse_other_strategy: raises when the plan accepted for a date is another strategy's."""
        self._path = path
        self._refuse_other_strategy = refuse_other_strategy
        self._db = db
        self._config = config
        self._manifest = manifest_sha256
        self._loaded: LoadedSignalFile | None = None
        self._unreadable: InputError | None = None

    def read(self) -> None:
        """Read a named file and check all that needs no broker. Raises SignalFileError (5)."""
        if self._path is None:
            return
        try:
            self._loaded = read_signal_file(self._path)
        except InputError as error:
            self._unreadable = error
            return
        signal = self._loaded.signal
        bound = self._db.system_config.bound_account()
        account = signal.account if bound is None else account_ref(bound.broker, bound.account_id, bound.is_live)
        self._verify(self._loaded, account, signal.trade_date)

    def require_readable(self) -> None:
        """Raise SignalFormError (7) when the named file is no signal file."""
        if self._unreadable is not None:
            raise self._unreadable

    def verify(self, moment: Moment, account: AccountRef) -> Today | None:
        """Return today's file, fully verified; None when none is named and today is no session or is over.

        Without the broker's clock the local date is believed only where it is the file's: else None.
        Raises SignalFileError (5).
        """
        loaded = self._loaded
        if loaded is not None and not moment.clock_known and loaded.signal.trade_date != moment.today:
            return None
        if loaded is None:
            row = self._db.signal_files.latest(self._config.strategy.primary.strategy_id, moment.today)
            if row is None and (moment.day_part is DayPart.CLOSED or not moment.clock_known):
                return None
            if row is None:
                self._refuse_other_strategy(moment.today)
                raise SignalFileError(
                    f"no signal file for {moment.today} was issued by this state DB (expected today's)",
                    next_step=NEXT_STEP,
                )
            loaded = _parsed(row.text, row.path)
        issued = self._verify(loaded, account, moment.today)
        if self._db.plans.get(loaded.signal.strategy, moment.today) is None:  # an accepted plan is carried through
            _check_positions(self._db, loaded.signal)
        return Today(loaded.signal, issued)

    def _verify(self, loaded: LoadedSignalFile, account: AccountRef, trade_date: date) -> SignalFileRow:
        self._refuse_other_strategy(trade_date)
        strategy = self._config.strategy.primary.strategy_id
        config_sha256, manifest_sha256 = self._bound_to(loaded.signal)
        expected = Expected(
            strategy=strategy,
            trade_date=trade_date,
            account=account,
            config_sha256=config_sha256,
            manifest_sha256=manifest_sha256,
            max_entries=self._config.strategy.max_positions,
            strategy_changes=strategy_changes(self._db, loaded.signal.run_id, self._config),
        )
        issued = self._db.signal_files.by_file_sha256(loaded.file_sha256)
        latest = self._db.signal_files.latest(strategy, loaded.signal.trade_date)
        verify_identity(
            loaded,
            issued=None if issued is None else issued.content_sha256,
            latest=None if latest is None else latest.content_sha256,
            expected=expected,
        )
        assert latest is not None, "its content hash was compared"
        return latest

    def _bound_to(self, signal: SignalFile) -> tuple[str | None, str | None]:
        """Return the hashes of configuration and manifest a file must state: one of them, for the strategy is in both.

        The configuration's hash of a file whose run recorded no settings may be of more than the strategy (files of
        0.1.0); where that changed since, the manifest's says that the strategy is the same.
        """
        if self._db.runs.settings_of(signal.run_id) is not None:
            return self._config.config_sha256, None
        same = (self._config.config_sha256, config_sha256_of_0_1_0(self._config))
        return (None, None) if signal.inputs.config_sha256 in same else (None, self._manifest)


def archive_issued(issued: SignalFileRow) -> str | None:
    """Write an issued file that is not in its place, as after a generator that was killed; return why it cannot be.

    Were the state DB lost, the file alone would prove that the orders of its plan are ours (I23).
    """
    path = Path(issued.path)
    if path.exists():
        return None
    try:
        write_text(path.parent, path.name, issued.text)
    except InputError as error:
        return f"{path.name} is not in its folder, where a rebuild would look for it: {error.what}"
    return None


@lru_cache(maxsize=4)
def _parsed(text: str, where: str) -> LoadedSignalFile:
    """Parse an issued file's text; the runs of one day in one process parse it once."""
    return parse_signal_file(text.encode(), where=where)


def _check_positions(db: StateDB, signal: SignalFile) -> None:
    """Every exit names a position of ours with that ticker, open or closed no earlier than today."""
    for line in signal.exits:
        closed_on = _position_of(db, line).exit_date
        if closed_on is not None and closed_on < signal.as_of_session:
            raise SignalFileError(
                f"signal file refused: position {line.position_id} ({line.ticker}) was closed on {closed_on}",
                next_step=NEXT_STEP,
            )


def _position_of(db: StateDB, line: ExitLine) -> PositionRow:
    """Return the position that an exit names; SignalFileError (5) when none of ours has its number and ticker."""
    position = db.positions.get(line.position_id)
    if position is None or position.ticker != line.ticker:
        raise SignalFileError(
            f"signal file refused: position {line.position_id} is none of {line.ticker} (expected ours to be sold)",
            next_step=NEXT_STEP,
        )
    return position


def intents_of(signal: SignalFile, db: StateDB, stop_loss_bp: int) -> Sequence[NewOrder]:
    """Return the orders a signal file asks for: exits first, then entries in rank order."""
    positions = {line.position_id: db.positions.get(line.position_id) for line in signal.exits}
    exits = [
        exit_intent(
            signal, line, line.position_id, None if (row := positions[line.position_id]) is None else row.asset_id
        )
        for line in signal.exits
    ]
    return [*exits, *(entry_intent(signal, line, stop_loss_bp) for line in signal.entries)]


def accept_plan(
    db: StateDB, today: Today, config: LiveConfig, funds: Funds, holds: EntryHolds = NO_HOLDS
) -> tuple[GivenUpRotation, ...]:
    """Commit the plan with its intents, the pending exits and `decided_through`, in one transaction.

    funds: for entries, before the first. holds: entries held back by a person. Returns the rotations whose replacement
    is kept back, or not covered by funds, its sell included: both lines end with the acceptance, the holding stays.
    A plan that is accepted already is judged no second time. Raises SignalFileError (5) when another plan was
    accepted for the date (F91), and for an exit whose position has another ticker by now (F56).
    """
    signal = today.signal
    accepted = db.plans.get(signal.strategy, signal.trade_date)
    if accepted is not None and accepted.content_sha256 == today.issued.content_sha256:
        return ()
    for line in signal.exits:
        _position_of(db, line)  # a sync since the file was verified may have found one renamed; closed is no trouble
    still_open = {row.position_id for row in db.positions.open_positions()}
    closed = {line.position_id for line in signal.exits} - still_open
    kept_back = _kept_back(signal, closed, holds)
    needless = {*holds.vetoes, *(one.ticker for one in kept_back)}
    unfunded = unfunded_rotations(funds, needs_of(signal, vetoed=needless, closed=closed))
    rotations = (*kept_back, *map(_unfunded, unfunded))
    ends = {ticker: (one.reason, one.words) for one in rotations for ticker in (one.ticker, one.replaces)}
    db.plans.accept(
        today.issued,
        as_of=signal.as_of_session,
        pending_exits={line.position_id: line.reason for line in signal.exits if line.ticker not in ends},
        intents=intents_of(signal, db, config.strategy.stop_loss_bp),
        undecided=(*signal.unresolved, *signal.frozen),
        ends=ends,
    )
    return rotations


def _kept_back(signal: SignalFile, closed: Collection[int], holds: EntryHolds) -> tuple[GivenUpRotation, ...]:
    """Return the rotations whose replacement a person keeps back; one whose holding is sold already is none."""
    leaving = {line.ticker for line in signal.exits if line.position_id not in closed}
    return tuple(
        GivenUpRotation(line.ticker, line.replaces, refusal.reason, refusal.words)
        for line in signal.entries
        if line.replaces in leaving
        and line.replaces is not None
        and (refusal := holds.refusal(line.ticker)) is not None
    )


def _unfunded(one: UnfundedRotation) -> GivenUpRotation:
    assert one.entry.replaces is not None, "only rotations are judged as one pair"
    return GivenUpRotation(one.entry.ticker, one.entry.replaces, SkipReason.INSUFFICIENT_FUNDS, one.words)
