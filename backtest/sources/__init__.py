"""Candidate sources: a strategy that proposes candidates from bars, one module each, described by `STRATEGY_META`."""
