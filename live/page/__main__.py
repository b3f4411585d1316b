"""The child process of a run: writes the page of the newest day. Its work (`PageJob`) comes on stdin.

It ends 0 when the page is written, with the code of what kept it from that, or by a signal when its time is over.
"""

from __future__ import annotations

import sys

from backtest.errors import DriftError
from live.child_process import limit_time
from live.clock import SystemClock
from live.config_file import load_config
from live.page.read_page import newest_day
from live.page.write_page import write_into
from live.run.page_job import PageJob
from live.state_db.db import StateDB


def main() -> int:
    """Do the work that stands on stdin; return the exit code."""
    job = PageJob.from_bytes(sys.stdin.buffer.read())
    limit_time(job.seconds)
    options = job.options
    try:
        config = load_config(options.config, options.settings)
        with StateDB.open_reading(options.state_db or config.paths.state_db, SystemClock()) as db:
            day = newest_day(db)
            if day is not None:
                write_into(job.folder, db, config, options, day)
    except DriftError as error:
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
