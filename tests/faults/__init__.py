"""The matrix of docs/faults.md: every row is met through a trading program, and five things are asserted of it.

`ending.py` asserts them, `calls.py` finds where, `table.py` writes the rows' tests into the page.
"""
