"""The source that docs/strategies.md shows is one."""

from __future__ import annotations

import re
from pathlib import Path

from backtest.params import EntryMode
from backtest.sources.proposing import scan_of
from backtest.sources.scanning import scan_sessions
from tests.backtest.sources.worlds import history, params_with, sessions_from
from tests.paths import ROOT

DAYS = sessions_from(40)


def test_the_source_of_the_page_proposes_what_the_page_says(tmp_path: Path) -> None:
    (code,) = re.findall(
        r"```python\n(.*?)```", (ROOT / "docs" / "strategies.md").read_text(encoding="utf-8"), re.DOTALL
    )
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "three_down.py").write_text(code)
    scan = scan_of(params_with("three_down", ["AAA", "BBB"], tmp_path, tmp_path / "mine"))
    assert scan is not None
    closes = {"AAA": [50.0] * 36 + [49.0, 48.0, 47.0, 47.0], "BBB": [50.0] * 38 + [49.0, 48.0]}
    (one,) = scan_sessions(scan, history(closes), DAYS[31], DAYS[39], EntryMode.REPORT_OPEN).candidates
    assert (one.ticker, one.report_date, one.note) == ("AAA", DAYS[39], "3 closes down")
