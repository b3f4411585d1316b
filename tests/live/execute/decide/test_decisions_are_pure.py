"""What decides can act on nothing: importing it brings along neither the state DB nor a client nor a run.

`tests/test_layers.py` asks each file for its own imports; here the imports of its imports count too.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import live.execute.decide
from tests.paths import ROOT

ACTS = ("live.run", "live.alpaca", "live.brokers", "live.sim", "live.state_db.db", "live.state_db.connection")
LIBRARIES = ("sqlite3", "requests", "yaml")


def test_importing_every_decision_brings_nothing_that_acts() -> None:
    (folder,) = live.execute.decide.__path__
    names = [f"live.execute.decide.{path.stem}" for path in Path(folder).glob("*.py") if path.stem != "__init__"]
    code = f"import sys, {', '.join(names)}; print(*(n for n in sys.modules if n.startswith({(*ACTS, *LIBRARIES)})))"
    done = subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT, capture_output=True, text=True)
    assert (len(names) >= 8, done.stdout.strip()) == (True, "")
