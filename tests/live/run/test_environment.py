"""Variables of the environment: a closed list, and nothing that could switch something on."""

from __future__ import annotations

import ast
import logging
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from backtest.errors import ConfigError
from backtest.web import keys
from live.child_process import ENVIRONMENT as PASSED_TO_HOOK
from live.run.environment import HOOK_VARIABLES, VARIABLES, check_environment, log_level
from tests.paths import ROOT

SWITCHES = (
    "EXECUTOR_ENABLE_LIVE",
    "EXECUTOR_SETTINGS",
    "EXECUTOR_STATE_DB",
    "SIGNAL_GENERATOR_ENABLE_LIVE",
    "ADMIN_FLATTEN_YES",
    "ADMIN_KILL_SWITCH_OFF_STATE_DB",
    "REPLAY_OUT",
    "EARNINGS_DRIFT_LIVE_CONFIRMED",
    "EARNINGS_DRIFT_ENABLE_LIVE",
)


@pytest.mark.parametrize("name", SWITCHES)
def test_a_variable_that_means_to_set_something_is_refused_without_its_value(name: str) -> None:
    with pytest.raises(ConfigError, match=name) as found:
        check_environment({"PATH": "/bin", name: "hush-hush"})
    assert found.value.exit_code == 6
    assert "hush" not in found.value.what + found.value.next_step
    assert f"Unset {name}" in found.value.next_step


def test_the_listed_variables_and_those_of_other_programs_are_no_matter() -> None:
    others = ("EXECUTOR_NUMBER", "ADMIN_EMAIL", "ADMIN_PATH", "REPLAY_ID", "PHASE", "executor_enable_live")
    check_environment(dict.fromkeys((*VARIABLES, *HOOK_VARIABLES, *others), "x"))


@pytest.mark.parametrize(
    ("word", "level"), [("", logging.INFO), ("debug", logging.DEBUG), ("WARNING", logging.WARNING)]
)
def test_log_level_is_a_word_in_any_case(word: str, level: int) -> None:
    assert log_level({"LOG_LEVEL": word}) == (level, None)


def test_a_log_level_of_another_program_is_reported_and_no_error() -> None:
    level, wrong = log_level({"LOG_LEVEL": "trace"})
    assert level == logging.INFO
    assert wrong == "LOG_LEVEL 'trace' is not known (expected DEBUG, INFO, WARNING, ERROR); INFO is used"


def test_the_document_lists_every_variable_and_no_other() -> None:
    text = (ROOT / "docs/design.md").read_text(encoding="utf-8").partition("### Environment\n")[2].partition("\n#")[0]
    rows = [line.split("|")[1] for line in text.splitlines() if line.startswith("| `")]
    assert {name for row in rows for name in re.findall(r"`([A-Z_]+)`", row)} == {*VARIABLES, *HOOK_VARIABLES}


def names_read(path: Path) -> Iterator[str]:
    """Yield every constant that a file asks an environment or the key files for."""
    text = path.read_text(encoding="utf-8")
    if not re.search("environ|getenv|find_setting|find_secret", text):
        return  # few files do, and it is slow to parse them all
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute | ast.Name):
            asked = ast.unparse(node.func)
            if asked.endswith(("environ.get", "getenv")) or asked in ("find_setting", "find_secret"):
                yield from (one.value for one in node.args if isinstance(one, ast.Constant) and one.value)
        elif isinstance(node, ast.Subscript | ast.Compare) and "environ" in ast.unparse(node):
            inside = ast.walk(node)
            yield from (one.value for one in inside if isinstance(one, ast.Constant) and isinstance(one.value, str))


def test_the_sources_read_no_other_variable() -> None:
    files = [path for package in ("backtest", "live") for path in (ROOT / package).rglob("*.py")]
    found = {name for path in files for name in names_read(path) if re.fullmatch(r"[A-Z][A-Z_]+", name)}
    found |= {name for scheme in (*keys._ANY_SCHEMES, keys._PAPER_SCHEME, keys._LIVE_SCHEME) for name in scheme}
    assert "LOG_LEVEL" in found
    assert found - {*VARIABLES, *PASSED_TO_HOOK} == set()


def test_no_program_takes_options_from_the_environment() -> None:
    for name in ("executor", "signal_generator", "admin", "replay"):
        assert "envvar" not in (ROOT / f"live/{name}.py").read_text(encoding="utf-8")
