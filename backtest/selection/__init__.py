"""How far a choice among many results can be trusted: the ledger of trials, and statistics that need their number."""
