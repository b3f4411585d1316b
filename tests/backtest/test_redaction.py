"""No secret in any text that leaves the program (I8)."""

from __future__ import annotations

import io
import logging
import pickle
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from requests.exceptions import ConnectionError as ConnectionFailed

from backtest.errors import DriftError
from backtest.redaction import RedactionFilter, Redactor, Secret, install_excepthook
from backtest.web.keys import KeyPair, find_keys, read_sources
from live.brokers.registry import OpenRequest
from live.config import LiveConfig, NotifySettings
from live.refusals import (
    BrokerRefusedError,
)
from live.run.logs import JsonFormatter
from tests.fakes import Reply, Step
from tests.live.alpaca.orders import BUY, KEYS, client_on

pytestmark = pytest.mark.usefixtures("http")

VALUE = "sEcReT/VaLuE+0123456789="


def test_a_secret_prints_stars_wherever_it_is_printed() -> None:
    secret = Secret(VALUE)
    pair = KeyPair(secret, secret, "x")
    shown = [repr(secret), str(secret), f"{secret}", f"{secret:>40}", "%s" % secret, repr([secret]), repr(pair)]  # noqa: UP031
    assert all(VALUE not in text and "***" in text for text in shown)
    with pytest.raises(TypeError):
        pickle.dumps(secret)


@settings(max_examples=50, derandomize=True)
@given(st.text(min_size=6, max_size=40), st.text(), st.text())
def test_a_known_value_never_survives_redaction(value: str, before: str, after: str) -> None:
    redactor = Redactor([Secret(value)])
    assert value not in redactor.redact(before.replace(value, "") + value + after.replace(value, "")) or value == "***"


@pytest.mark.parametrize(
    "text",
    [
        "GET https://fmp.example/x?symbol=A&apikey=abcdef123456 failed",
        "{'APCA-API-SECRET-KEY': 'abcdef123456'}",
        "Authorization: Bearer abcdef123456",
        "password=abcdef123456;",
        'api_key="abcdef123456"',
        "proxy http://me:abcdef123456@host:8080/x failed",
        "at https://abcdef123456@host",
    ],
)
def test_what_is_labelled_as_a_secret_is_hidden_even_when_nobody_told_its_value(text: str) -> None:
    assert "abcdef123456" not in Redactor().redact(text)


@pytest.mark.parametrize(
    "written", ["sEcReT%2FVaLuE%2B0123456789%3D", "sEcReT%2fVaLuE%2b0123456789%3d", "sEcReT\\/VaLuE+0123456789="]
)
def test_a_secret_as_urls_and_json_write_it_is_hidden_too(written: str) -> None:
    assert "VaLuE" not in Redactor([Secret(VALUE)]).redact(f"https://x/?k={written}")
    assert b"VaLuE" not in Redactor([Secret(VALUE)]).hide_known_bytes(f'{{"k": "{written}"}}'.encode())


def test_i8_an_answer_that_quotes_the_keys_never_has_them_when_it_is_read(caplog: pytest.LogCaptureFixture) -> None:
    words = f"{'x' * 490} your keys {KEYS.key_id.reveal()} and {KEYS.secret.reveal()} are not welcome"
    client, _, _ = client_on(Reply(403, {"code": 40310000, "message": words}), Reply(404, {"message": words}))
    with caplog.at_level(logging.DEBUG), pytest.raises(BrokerRefusedError) as caught:
        client.place_order(BUY)
    texts = caught.value.line() + repr(caught.value.__dict__) + caplog.text
    assert "PKTEST" not in texts
    assert "sEcReT" not in texts


def test_logs_are_redacted_in_message_arguments_and_traceback() -> None:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.addFilter(RedactionFilter(Redactor([Secret(VALUE)])))
    handler.setFormatter(JsonFormatter(run_id=lambda: "r1", program="executor"))
    logger = logging.getLogger("live.test_redaction")
    logger.addHandler(handler)
    try:
        try:
            raise ValueError(f"broken with {VALUE}")
        except ValueError:
            logger.exception("a %s in an argument", VALUE, stack_info=True)
    finally:
        logger.removeHandler(handler)
    assert VALUE not in stream.getvalue()
    assert "broken with ***" in stream.getvalue()


def test_an_uncaught_exception_is_printed_redacted(capsys: pytest.CaptureFixture[str]) -> None:
    before = sys.excepthook
    install_excepthook(Redactor([Secret(VALUE)]))
    try:
        try:
            raise RuntimeError(VALUE)
        except RuntimeError as error:
            sys.excepthook(type(error), error, error.__traceback__)
    finally:
        sys.excepthook = before
    assert VALUE not in capsys.readouterr().err


@pytest.mark.parametrize(
    "step", [Reply(401, {"message": "unauthorized."}), ConnectionFailed("x"), Reply(500), Reply(302), Reply(200, "{")]
)
def test_no_failure_of_a_request_tells_the_keys(step: Step, caplog: pytest.LogCaptureFixture) -> None:
    client, _, _ = client_on(*[step] * 5)
    with caplog.at_level(logging.DEBUG), pytest.raises(DriftError) as caught:
        client.place_order(BUY)
    error = caught.value
    texts = [caplog.text, error.line(), repr(error), repr(client), Redactor().traceback_text(error)]
    for secret in (KEYS.key_id, KEYS.secret):
        assert all(secret.reveal() not in text for text in texts)


def test_neither_requests_for_a_broker_nor_the_configuration_print_secrets(tmp_path: Path) -> None:
    environ = {"APCA_API_KEY_ID": VALUE, "APCA_API_SECRET_KEY": VALUE + "x"}
    sources = read_sources(environ, tmp_path)
    config = LiveConfig(notify=NotifySettings(urls=(f"slack://{VALUE}",)))
    request = OpenRequest(config, environ, tmp_path, Redactor())
    shown = repr((sources, find_keys(sources, is_live=False), config, request))
    assert VALUE not in shown


def test_help_and_missing_keys_do_not_wait_for_the_http_library() -> None:
    code = (
        "import sys, live.brokers.alpaca, live.run.startup, live.run.program;"
        "sys.exit(any(n in sys.modules for n in ('requests', 'pandas', 'numpy', 'rich', 'filelock', 'dotenv')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
