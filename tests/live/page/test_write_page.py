"""What a page says of the options of its account."""

from __future__ import annotations

from pathlib import Path

from live.config_file import load_config
from live.page.write_page import completing
from live.run.options import RunOptions
from tests.paths import DEFAULT_CONFIG


def test_a_command_repeats_the_options_of_the_run_and_hides_addresses_with_tokens() -> None:
    settings = ("heartbeat.url=https://hc.example/token-of-mine", "notify.urls=ntfy://topic-of-mine")
    complete = completing(load_config(DEFAULT_CONFIG, settings), RunOptions(state_db=Path("my.db"), settings=settings))
    said = complete("Look: python -m live.admin reconcile")
    assert said.startswith("Look: python -m live.admin reconcile --state-db my.db --set ")
    assert "of-mine" not in said
