"""Studies of a strategy: each reads ledgers, or runs the same rules again; none has a rule of its own."""
