"""Sold when a week closes below the exponential moving average of its last weekly closes."""

EXIT_META = {"id": "weekly_ema", "short": "ema", "judged": "week", "uses_period": True}
