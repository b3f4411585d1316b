"""The trailing exits: a module each. Adding one is adding its file and its test.

A module describes itself by a literal, which is read without running it:

    EXIT_META = {
        "id": "sma_cross",
        "short": "sma",                                   # how strategy ids begin: sma_20_50
        "judged": "day",                                  # at every close; "week": at the last close of each week
        "reads": "close",                                 # of the bars, days or weeks: "close" or "low"
        "warm_up": 250,                                   # of a daily one: how many sessions it sees, to the judged one
        "figures": {"fast_average": "price", …},          # what `figures` answers, whether a price or a number
        "words": "its fast average closed below …",       # what has happened when it is broken
        "period": {"type": "int", "default": 14, …},      # of one that uses the period beside its id
        "parameters": {"fast": {"type": "int", …}, …},    # further ones (`backtest.plugin_parameters`)
    }

and has the two functions of `backtest.trailing_exits.rule.Rule`. They are given floats, of one judged week or day, or
arrays with an element for each of many, and take the same steps for both: simulators and daily programs agree to the
last bit.
"""
