"""A campaign in virtual time: the real engine, a simulated Retell, and a clock that jumps.

`time_lapse` lets it run, `oracle` checks every call on its own, `figures` says what came of it.
"""
