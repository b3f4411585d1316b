"""Configuration, manifest, state DB, environment and signal files that are wrong, through both programs."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from live.run.lock import db_lock_path, hold_lock
from tests.cli.account import CONFIG, TradingAccount, day
from tests.cli.bad_input import PROGRAMS, ready, refused, start, written
from tests.faults.ending import UNCHANGED, UNTOUCHED, Rerun, State, begins, fault_ends

both = pytest.mark.parametrize("program", PROGRAMS)


@pytest.fixture
def calm(ready_before: TradingAccount, tmp_path: Path) -> TradingAccount:
    return ready_before.copy_to(tmp_path)


ENTRY = "20260202_AAA_entry_buy"


def sent_by(program: str) -> list[str]:
    """What the program sends once nothing refuses it."""
    return [f"POST {ENTRY}"] if program == "executor" else []


def left_by(program: str) -> State:
    return State({}, {ENTRY: "accepted 0/100"} if program == "executor" else {})


# the configuration

YAML = {
    "unknown key": "strategy:\n  max_postions: 20\n",
    "duplicate key": "execution:\n  max_workers: 2\n  max_workers: 2\n",
    "anchor": "execution:\n  max_workers: &a 2\n",
    "tag": "execution:\n  max_workers: !!int 2\n",
    "python tag": "execution: !!python/object/apply:os.system ['true']\n",
    "tab": "execution:\n\tmax_workers: 2\n",
    "no": "strategy:\n  rotation: no\n",
    "on": "strategy:\n  rotation: on\n",
    "octal": "strategy:\n  max_positions: 010\n",
    "sexagesimal": "execution:\n  poll_timeout_s: 9:30\n",
    "date": "strategy:\n  max_positions: 2026-02-02\n",
    "nan": "strategy:\n  stop_loss_pct: .nan\n",
    "out of range": "strategy:\n  stop_loss_pct: 100\n",
    "live without limits": "live:\n  enabled: true\n",
    "not a mapping": "- a\n",
    "unfinished": "strategy: {max_positions: 20\n",
    "control character": "strategy:\n  max_positions: 20\x07\n",
    "two documents": "live:\n  enabled: false\n---\nlive:\n  enabled: true\n",
}


@both
@pytest.mark.parametrize("name", YAML)
def test_f105_a_configuration_that_could_be_read_in_two_ways_is_6(
    calm: TradingAccount, program: str, name: str
) -> None:
    before, path = written(calm), calm.folder / "bad.yaml"
    path.write_text(YAML[name], encoding="utf-8")

    def mend() -> None:
        assert written(calm) == before
        path.write_text(CONFIG.read_text(encoding="utf-8"), encoding="utf-8")

    fault_ends(
        "F105",
        calm,
        lambda: start(calm, program, "--config", path),
        exit_code=6,
        last_line=begins("error[6] ", "bad.yaml"),
        received=[],
        state=UNTOUCHED,
        rerun=Rerun(0, received=sent_by(program), state=left_by(program), mend=mend),
    )


@both
def test_a_configuration_that_is_a_folder_or_no_text_is_6(calm: TradingAccount, program: str) -> None:
    refused(start(calm, program, "--config", calm.folder), 6, "directory")
    (calm.folder / "bad.yaml").write_bytes(b"\xff\xfe\x00")
    refused(start(calm, program, "--config", calm.folder / "bad.yaml"), 6, "bad.yaml")


# the manifest


def parameters(calm: TradingAccount) -> dict[str, object]:
    return dict(json.loads(calm.manifest.read_text())["parameters"])


def rewrite(calm: TradingAccount, change: Callable[[dict[str, object]], object]) -> None:
    content = json.loads(calm.manifest.read_text())
    change(content["parameters"])
    calm.manifest.write_text(json.dumps(content))


@both
def test_f104_every_parameter_of_the_manifest_counts(calm: TradingAccount, program: str) -> None:
    good = calm.manifest.read_text()
    for name in parameters(calm):
        calm.manifest.write_text(good)
        rewrite(calm, lambda found, name=name: found.pop(name))  # type: ignore[misc]
        refused(start(calm, program), 5, name)


@both
@pytest.mark.parametrize(
    ("name", "put"), [("max_positions", 21), ("max_positions", "20"), ("max_positions", True), ("new_one", 1)]
)
def test_f104_a_parameter_that_is_off_by_one_of_another_type_or_unknown_is_5(
    calm: TradingAccount, program: str, name: str, put: object
) -> None:
    before, whole = written(calm), calm.manifest.read_text()
    rewrite(calm, lambda found: found.update({name: put}))

    def mend() -> None:
        assert written(calm) == before
        calm.manifest.write_text(whole)

    fault_ends(
        "F104",
        calm,
        lambda: start(calm, program),
        exit_code=5,
        last_line=begins("error[5] manifest mismatch in ", name, "python -m backtest manifest", str(calm.manifest)),
        received=[],
        state=UNCHANGED,
        rerun=Rerun(0, received=sent_by(program), state=left_by(program), mend=mend),
    )


@both
@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\0\1", b"\xef\xbb\xbf{}", b'{"a": 1, "a": 2}', b"[" * 100_000])
def test_a_manifest_that_cannot_be_read_is_7(calm: TradingAccount, program: str, content: bytes) -> None:
    calm.manifest.write_bytes(content)
    refused(start(calm, program), 7, calm.manifest.name)


@both
def test_a_manifest_that_is_a_folder_is_7_and_one_that_is_not_there_5(calm: TradingAccount, program: str) -> None:
    refused(start(calm, program, "--manifest", calm.folder), 7, "folder")
    refused(start(calm, program, "--manifest", calm.folder / "none.json"), 5, "none.json")


# the state DB


def flip_a_page(path: Path) -> None:
    with sqlite3.connect(path) as raw:
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    raw.close()
    content = bytearray(path.read_bytes())
    content[2 * 4096 : 3 * 4096] = bytes(byte ^ 0xFF for byte in content[2 * 4096 : 3 * 4096])
    path.write_bytes(content)


def statement(*sql: str) -> Callable[[Path], None]:
    def break_it(path: Path) -> None:
        raw = sqlite3.connect(path, isolation_level=None)
        for one in ("PRAGMA writable_schema = ON", *sql):
            raw.execute(one)
        raw.close()

    return break_it


DAMAGE: dict[str, Callable[[Path], object]] = {
    "not SQLite": lambda path: path.write_bytes(b"this is not a database, not even nearly one" * 9),
    "empty": lambda path: path.write_bytes(b""),
    "a page flipped": flip_a_page,
    "a table missing": statement("DROP TABLE equity_snapshots"),
    "the plans missing": statement("DROP TABLE plans"),
    "a newer schema": statement("PRAGMA user_version = 9999"),
    "another program's": statement("PRAGMA application_id = 1"),
    "read-only": lambda path: path.chmod(0o400),
}


@both
@pytest.mark.parametrize("name", DAMAGE)
def test_f71_f74_f76_a_state_db_that_cannot_be_used_is_13_and_stays_as_it_is(
    calm: TradingAccount, program: str, name: str
) -> None:
    before, whole = written(calm), calm.state_db.read_bytes()
    DAMAGE[name](calm.state_db)
    if name != "read-only":
        refused(start(calm, program, "--dry-run"), 13, "state.db")

    def mend() -> None:
        assert written(calm) == before
        calm.state_db.chmod(0o600)
        calm.state_db.write_bytes(whole)

    fault_ends(
        "F71 F74 F76",
        calm,
        lambda: start(calm, program),
        exit_code=13,
        last_line=begins("error[13] state DB ", "state.db"),
        received=[],
        state=UNTOUCHED,
        rerun=Rerun(
            0,
            received=sent_by(program),
            state=left_by(program),
            mend=mend,
        ),
    )


@both
def test_a_folder_in_the_place_of_the_state_db_is_13(calm: TradingAccount, program: str) -> None:
    refused(start(calm, program, "--state-db", calm.folder), 13)


@both
def test_a_path_below_a_file_is_13(calm: TradingAccount, program: str) -> None:
    refused(start(calm, program, "--state-db", calm.manifest / "state.db"), 13)


# the environment

KEYS = {"APCA_API_KEY_ID": "PK" + "A" * 18, "APCA_API_SECRET_KEY": "s" * 40}
ENVIRONMENTS = {
    "no keys": {},
    "an empty key": KEYS | {"APCA_API_KEY_ID": ""},
    "blanks": KEYS | {"APCA_API_KEY_ID": "PK AA"},
    "quotes": KEYS | {"APCA_API_KEY_ID": f'"{KEYS["APCA_API_KEY_ID"]}"'},
    "a line break": KEYS | {"APCA_API_KEY_ID": KEYS["APCA_API_KEY_ID"] + "\n"},
    "half a pair": {"APCA_API_KEY_ID": KEYS["APCA_API_KEY_ID"]},
    "two pairs": KEYS | {"ALPACA_API_KEY": "PK" + "B" * 18, "ALPACA_SECRET_KEY": "t" * 40},
    "user info": KEYS | {"APCA_API_BASE_URL": "https://paper-api.alpaca.markets@evil.example"},
    "a port": KEYS | {"APCA_API_BASE_URL": "https://paper-api.alpaca.markets:8443"},
    "a query": KEYS | {"APCA_API_BASE_URL": "https://paper-api.alpaca.markets?x=1"},
    "a fragment": KEYS | {"APCA_API_BASE_URL": "https://paper-api.alpaca.markets#x"},
    "a path": KEYS | {"APCA_API_BASE_URL": "https://paper-api.alpaca.markets/v2"},
    "no TLS": KEYS | {"APCA_API_BASE_URL": "http://paper-api.alpaca.markets"},
    "a suffix": KEYS | {"APCA_API_BASE_URL": "https://paper-api.alpaca.markets.evil.example"},
    "a trailing dot": KEYS | {"APCA_API_BASE_URL": "https://paper-api.alpaca.markets."},
    "a look-alike": KEYS | {"APCA_API_BASE_URL": "https://paper-api.a1paca.markets"},
    "the live host": KEYS | {"APCA_API_BASE_URL": "https://api.alpaca.markets"},
    "another data host": KEYS | {"APCA_API_DATA_URL": "https://data.evil.example"},
}


@both
@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_i6_i8_an_environment_that_is_not_right_is_6_before_any_request_and_shows_no_secret(
    calm: TradingAccount, program: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(calm.folder)
    for variable, value in ENVIRONMENTS[name].items():
        monkeypatch.setenv(variable, value)
    calm.runtime = None  # type: ignore[assignment]  # as from the shell: the broker is opened by the program
    fresh = ("--state-db", calm.folder / "other.db", "--broker", "alpaca", "--set", "broker.id=alpaca")
    done = start(calm, program, *fresh)
    refused(done, 6)
    assert KEYS["APCA_API_SECRET_KEY"] not in done.stdout + done.stderr


# the signal file


def signal_path(calm: TradingAccount) -> Path:
    return calm.signals / f"trade_signals_{day(0)}_ema_p10.json"


@pytest.mark.parametrize("content", [b"", b"{", b"null", b"\xef\xbb\xbf{}", b'{"a": NaN}', b"[" * 100_000, b"\xff\xfe"])
def test_a_signal_file_that_is_none_is_7_and_nothing_is_sent(calm: TradingAccount, content: bytes) -> None:
    path = signal_path(calm)
    path.write_bytes(content)
    refused(calm.execute("place", "--signals-file", str(path)), 7, path.name)
    assert written(calm)["orders"] == ""


def test_i7_any_digit_of_a_signal_file_that_is_changed_is_5_or_7_and_nothing_is_sent(calm: TradingAccount) -> None:
    path = signal_path(calm)
    good = path.read_text()
    places = [found.start() for found in re.finditer(r"\d", good)]
    for place in places[:: max(1, len(places) // 40)]:
        path.write_text(good[:place] + str((int(good[place]) + 1) % 10) + good[place + 1 :])
        done = calm.execute("place", "--signals-file", str(path))
        refused(done, done.code)
        assert done.code in (5, 7)
    assert written(calm)["orders"] == ""


def test_i7_a_signal_file_of_another_state_db_is_5(calm: TradingAccount, tmp_path: Path) -> None:
    other = ready(tmp_path / "other", cash="400000")
    refused(calm.execute("place", "--signals-file", str(signal_path(other))), 5)
    assert written(calm)["orders"] == ""


def test_the_shadows_file_is_never_executed(calm: TradingAccount) -> None:
    path = calm.signals / f"trade_signals_{day(0)}_nwl_p4.json"
    refused(calm.execute("place", "--signals-file", str(path)), 5, "nwl_p4")
    assert written(calm)["orders"] == ""


# the flags

FLAGS = {
    "unknown": ("--nonsense",),
    "no value": ("--state-db",),
    "both voices": ("-v", "-q"),
    "a stray word": ("today",),
}


@both
@pytest.mark.parametrize("name", FLAGS)
def test_f106_wrong_flags_are_2_and_told(calm: TradingAccount, program: str, name: str) -> None:
    fault_ends(
        "F106",
        calm,
        lambda: start(calm, program, *FLAGS[name]),
        exit_code=2,
        last_line=begins("Error: "),
        received=[],
        state=UNTOUCHED,
        rerun=Rerun(0, received=sent_by(program), state=left_by(program), run=lambda: start(calm, program)),
    )


def test_f106_flags_that_only_one_program_has_are_2_for_the_other(calm: TradingAccount) -> None:
    for args in (("--force",), ("--skip-time-check", "--enable-live"), ("--state-db", ":memory:")):
        assert calm.execute("place", *args).code == 2


# every refusal


@both
def test_json_of_a_refused_run_is_one_object_with_its_code(calm: TradingAccount, program: str) -> None:
    calm.manifest.unlink()
    done = start(calm, program, "--json")
    assert done.code == done.json["exit_code"] == 5
    assert done.json["endings"][0]["code"] == 5
    assert "manifest missing" in done.json["closing"]["needs_hand"]


@both
def test_the_closing_lines_of_a_refused_run_never_say_that_all_is_well(calm: TradingAccount, program: str) -> None:
    calm.manifest.unlink()
    closing = start(calm, program).stdout
    assert "needs a hand: manifest missing" in closing
    assert "next step:    Make one with: python -m backtest manifest" in closing


@both
def test_a_run_that_only_has_to_wait_needs_no_hand(calm: TradingAccount, program: str) -> None:
    with hold_lock(db_lock_path(calm.state_db)):
        done = start(calm, program)
    assert done.code == 10
    assert "needs a hand: nothing" in done.stdout
    assert "next step:    Wait" in done.stdout


def test_the_shipped_configuration_is_fine(calm: TradingAccount) -> None:
    assert calm.execute("place", "--config", str(CONFIG)).code == 0
