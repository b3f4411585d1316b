"""`migrate` brings an older state DB up to date; `schema` writes `schema.sql` anew from the steps.

python -m live.state_db.migrations migrate live/state.db
python -m live.state_db.migrations schema
"""

from __future__ import annotations

import sys
from pathlib import Path

from live.clock import SystemClock, iso_utc
from live.errors import StateDBError
from live.state_db.migrations.steps import schema_text

SCHEMA_FILE = Path(__file__).parents[1] / "schema.sql"


def main(arguments: list[str]) -> int:
    """Return the exit code: 0 done, 2 no such command, 13 with one line on stderr."""
    match arguments:
        case ["schema"]:
            SCHEMA_FILE.write_text(schema_text(), encoding="utf-8")
            return 0
        case ["migrate", path]:
            return _migrate(Path(path), iso_utc(SystemClock().now()))
        case ["migrate", path, stamp]:
            return _migrate(Path(path), stamp)
    print("usage: python -m live.state_db.migrations schema | migrate STATE_DB", file=sys.stderr)
    return 2


def _migrate(path: Path, stamp: str) -> int:
    from live.state_db.upgrade import upgrade_here  # late: it reads schema.sql, which `schema` may have to write

    try:
        upgrade_here(path, stamp)
    except StateDBError as error:
        print(error.line(), file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
