"""`python -m live.state_db.event_types` writes docs/events.schema.json anew from the payload classes."""

from __future__ import annotations

import json
from pathlib import Path

from live.state_db.event_types.json_schema import json_schema

SCHEMA_FILE = Path(__file__).parents[3] / "docs" / "events.schema.json"


def schema_text() -> str:
    """Return the file's content."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    SCHEMA_FILE.write_text(schema_text(), encoding="utf-8")
