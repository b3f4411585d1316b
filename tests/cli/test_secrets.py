"""No key in anything that a run leaves behind, whatever a broker quotes (I8)."""

from __future__ import annotations

from pathlib import Path

import pytest

from live.admin import main as admin
from live.sim.faults import RequestFault
from tests.cli.done import run_command
from tests.cli.lab import Lab, make_lab
from tests.fault_actions import answer
from tests.faults.ending import Rerun, State, fault_ends
from tests.paths import DEFAULT_CONFIG

SECRETS = ("KEY-OF-THE-EMBEDDED-EXCHANGE", "SECRET-OF-THE-EMBEDDED-EXCHANGE")
WORDS = f"the keys {SECRETS[0]}:{SECRETS[1]} may not do that, see https://{SECRETS[1]}@host/?apikey={SECRETS[1]}"


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return make_lab(tmp_path)


def everything_left_by(lab: Lab, *printed: str) -> bytes:
    files = [path.read_bytes() for path in sorted(lab.folder.rglob("*")) if path.is_file()]
    return b"".join([*files, *(text.encode() for text in printed)])


@pytest.mark.parametrize(("method", "path"), [("POST", "/v2/orders"), ("GET", "/v2/positions"), ("GET", "/v2/account")])
@pytest.mark.parametrize("status", [403, 404, 422, 500])
def test_f121_a_refusal_that_quotes_the_keys_leaves_none_of_them_anywhere(
    lab: Lab, method: str, path: str, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOG_LEVEL", "DEBUG")
    lab.issue(0, buy=["AAA"])
    lab.break_requests(RequestFault(method, path, answer(status, {"message": WORDS}), times=None))
    log = ("--set", f"paths.log_file={lab.folder / 'log.jsonl'}")
    done = lab.go(0, "09:31").run("poll", "--json", "-v", *log)
    assert done.code not in (0, 1)
    left = everything_left_by(lab, done.stdout, done.stderr)
    assert not [secret for secret in SECRETS if secret.encode() in left]
    assert b"the keys ***:*** may not do that" in left


def test_f121_the_entry_that_was_refused_so_ends_as_any_refused_one(lab: Lab) -> None:
    words = f"the keys {SECRETS[0]}:{SECRETS[1]} may not do that"
    lab.issue(0, buy=["AAA"])
    lab.break_requests(RequestFault("POST", "/v2/orders", answer(403, {"message": words}), times=None))
    lab.go(0, "09:31")
    fault_ends(
        "F121",
        lab,
        lambda: lab.run("poll"),
        exit_code=9,
        last_line="error[9] AAA: its entry was refused: the keys ***:*** may not do that. "
        "Nothing to do: the entry is over.",
        received=["POST 20260105_AAA_entry_buy"],
        state=State({}, {"20260105_AAA_entry_buy": "abandoned 0/10"}),
        rerun=Rerun(0),
    )
    assert not [secret for secret in SECRETS if secret.encode() in everything_left_by(lab)]


def test_i8_a_key_of_the_environment_that_is_given_as_a_reason_is_hidden_without_a_broker(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("APCA_API_SECRET_KEY", "secret-of-mine")
    args = ["--config", str(DEFAULT_CONFIG), "--state-db", str(tmp_path / "state.db")]
    on = run_command(admin, ["kill-switch", "on", "--reason", "because of secret-of-mine", *args])
    status = run_command(admin, ["kill-switch", "status", "--json", *args])
    left = (tmp_path / "KILL").read_text() + "".join((on.stdout, on.stderr, status.stdout, status.stderr))
    assert "because of ***" in left
    assert "secret-of-mine" not in left
