"""The commands of `python -m backtest`: options and help; the work is done elsewhere."""
