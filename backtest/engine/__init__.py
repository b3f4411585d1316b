"""Many simulations of one set of inputs: what no parameter changes is computed once (`backtest.engine.prepared`)."""
