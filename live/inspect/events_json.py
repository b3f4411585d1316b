"""Events as they are stored, for other programs: the contract is docs/events.schema.json."""

from __future__ import annotations

from live.clock import iso_utc
from live.state_db.records import EventRow


def event_json(row: EventRow) -> dict[str, object]:
    """Return a row of the table with its columns' names."""
    return {
        "seq": row.seq,
        "ts": iso_utc(row.ts),
        "run_id": row.run_id,
        "corr_id": row.corr_id,
        "causation_id": row.causation_id,
        "kind": row.kind,
        "type": row.type,
        "version": row.version,
        "producer": row.producer,
        "payload": dict(row.payload),
    }
