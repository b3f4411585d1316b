"""No trailing exit: only stop and holding time sell."""

EXIT_META = {"id": "none", "short": "none", "judged": "never", "words": "nothing"}
