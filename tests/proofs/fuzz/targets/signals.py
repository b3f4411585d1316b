"""Signal files: given to the executor, and lying in the archive that proves orders ours."""

from __future__ import annotations

import json
from datetime import date
from functools import cache
from typing import Any

from backtest.money import is_on_tick
from live.errors import SignalFileError
from live.signals.archive import Archive
from live.signals.file import SignalFile, account_ref, hash_content
from live.signals.reader import Expected, LoadedSignalFile, parse_signal_file, verify_identity
from tests.cli.lab import make_lab
from tests.proofs.fuzz.mutate import json_form
from tests.proofs.fuzz.scratch import fresh_folder, put, scratch
from tests.proofs.fuzz.target import VALUE, Target, outcome, require

REFUSED = (5, 7)


@cache
def files() -> list[bytes]:
    """Return signal files as they are issued: entries, exits, a rotation, a limit."""
    lab = make_lab(scratch() / "signal-files")
    paths = [lab.issue(0, buy=("CCC",), limit="101.50")]
    lab.hold("AAA", "BBB")
    made = [path.read_bytes() for path in paths]
    made.append(lab.issue(1, sell=["AAA"], buy=["CCC"], rotate={"DDD": "BBB"}).read_bytes())
    return made


@cache
def _issued() -> LoadedSignalFile:
    return parse_signal_file(files()[-1], where="the issued file")


def with_right_hash(content: Any) -> Any:
    """Return a changed file with its hash computed anew, as another hand would do it."""
    try:
        return content | {"content_sha256": hash_content(content)}
    except (AttributeError, TypeError, ValueError):  # it is no object any more, or no text
        return content


def _good(loaded: LoadedSignalFile) -> None:
    signal = loaded.signal
    again = parse_signal_file(signal.text().encode(), where="again").signal
    require(again == signal, "not read back as written")
    held = {line.ticker for line in signal.exits}
    for line in signal.entries:
        require(0 < line.shares <= 10**8 and line.ticker not in held, "an entry that is none")
        require(0 < line.stop_price < line.reference_price and is_on_tick(line.stop_price), "a stop off the grid")
        require(line.limit_price is None or is_on_tick(line.limit_price), "a limit off the grid")
    require(all(0 < line.shares <= 10**8 for line in signal.exits), "an exit of no shares")
    _verify(loaded)


def _verify(loaded: LoadedSignalFile) -> None:
    """Only the issued content is taken for the issued one."""
    ours, signal = _issued(), _issued().signal
    inputs = signal.inputs
    expected = Expected(
        signal.strategy, signal.trade_date, signal.account, inputs.config_sha256, inputs.manifest_sha256, 20
    )
    is_ours = loaded.content_sha256 == ours.content_sha256
    try:
        verify_identity(loaded, issued=ours.content_sha256, latest=ours.content_sha256, expected=expected)
    except SignalFileError:
        require(not is_ours, "the issued file is refused")
    else:
        require(_decisions(loaded.signal) == _decisions(signal), "an altered file is taken for the issued one")


def _decisions(signal: SignalFile) -> dict[str, Any]:
    content = json.loads(signal.text())
    return {name: value for name, value in content.items() if name not in ("run_id", "generated_at")}


def _check(case: bytes) -> str:
    return outcome(lambda: parse_signal_file(case, where="a case"), REFUSED, _good)


def _check_archive(case: bytes) -> str:
    folder = fresh_folder("archive")
    put(f"archive/trade_signals_{date(2026, 1, 6)}_ema_p10.json", case)
    archive = Archive((folder,), account_ref("sim", "nobody", False), "ema_p10")
    text = case.decode("utf-8", "replace")
    found = archive.read(date(2026, 1, 1), issued=[(text, "kept.json")])
    require(not found.files, "a file of another account proves something")
    ours = Archive((folder,), _issued().signal.account, "ema_p10").read(date(2026, 1, 1))
    for one in ours.files:
        require(one.signal.account == _issued().signal.account and one.text.encode() == case, "another file")
    require(all(len(words) < 3_000 for words in ours.refused), "words without end")
    return VALUE if ours.files else "7"


_WORDS = (
    "ema_p10",
    "nwl_p4",
    "trend_break",
    "rotated_out",
    "stop_loss",
    "AAA",
    "CCC",
    10**9,
    True,
    1.5,
    "100.001",
    "0.00",
)
_FORM = json_form(_WORDS, with_right_hash)

TARGETS = (
    Target("signals", "a signal file", _check, files, _FORM, ".json"),
    Target("signals-archive", "an archived signal file", _check_archive, files, _FORM, ".json"),
)
