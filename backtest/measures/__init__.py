"""Numbers of trades and of an account, each with its formula and source; groups of trades, intervals."""
