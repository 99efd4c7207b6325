"""What a process under test carries, and production does not.

Python runs a module of this name at its start when its folder is on PYTHONPATH.
"""

import os

if os.environ.get("CHAOS_SHORT_PATIENCE"):
    import short_patience

    short_patience.shorten()
if os.environ.get("CHAOS_SABOTAGE"):
    import sabotage

    sabotage.SABOTAGES[os.environ["CHAOS_SABOTAGE"]]()
if os.environ.get("CHAOS_POINTS"):
    import crash_points

    crash_points.wrap()
