"""A year of trading days with faults in each of them."""
