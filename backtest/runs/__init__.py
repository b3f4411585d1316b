"""A run of the backtest: what it reads, its work, its files, its words."""
