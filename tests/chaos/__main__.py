"""Kill a running dialer at random, and ask the simulator afterwards what really happened.

    make chaos [SECONDS=180] [DATABASE=both] [SEED=1] [ARGS=--keep]

One JSON line for each database; exit code 1 when anything was dialed twice, lost or overrun.
"""

import argparse
import os
import random
import sys
from pathlib import Path

from chaos.stack import SEAM


def main() -> int:
    """Read the arguments, and become a process with the shortened patience."""
    if "CHAOS_SHORT_PATIENCE" not in os.environ:
        tests = Path(__file__).parents[1]
        seen = {"CHAOS_SHORT_PATIENCE": "1", "PYTHONPATH": f"{SEAM}:{tests}:{tests.parent}"}
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("DIALER_", "RETELL_"))}
        kept |= {"DIALER_ENV_FILE": os.devnull}
        os.execve(sys.executable, [sys.executable, "-m", "chaos", *sys.argv[1:]], {**kept, **seen})
    from chaos.run import Order, run

    asked = vars(arguments())
    database = asked.pop("database")
    databases = ("sqlite", "postgresql") if database == "both" else (database,)
    well = [run(Order(database=one, **asked)) for one in databases]
    return 0 if all(well) else 1


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="chaos", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=180, help="how long blows are dealt")
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--lines", type=int, default=24)
    parser.add_argument("--leads", type=int, default=800, help="leads at the start; more follow")
    parser.add_argument(
        "--patience", type=float, default=90, help="most seconds without a closed lead at the end"
    )
    parser.add_argument("--sabotage", help="a deliberate bug: redial, overrun or forget")
    parser.add_argument("--keep", action="store_true", help="keep database and logs")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
