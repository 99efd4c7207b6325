"""Chaos: a running dialer is killed at random, and afterwards the simulator tells the truth.

`make chaos`, or `PYTHONPATH=tests python -m chaos --help`.
"""
