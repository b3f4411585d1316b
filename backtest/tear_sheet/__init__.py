"""`python -m backtest report`: one or several runs as one HTML file that needs no other file and no network."""
