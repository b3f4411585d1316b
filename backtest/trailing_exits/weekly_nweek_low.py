"""Sold when a week closes below the lowest low of the weeks before it."""

EXIT_META = {"id": "weekly_nweek_low", "short": "nwl", "judged": "week", "uses_period": True}
