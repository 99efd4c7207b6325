"""The simulation: the production engine in virtual time, with everything that may go wrong.

`make simulate SEEDS=n` runs it; `docs/reliability.md` tells how to read and replay it.
"""
