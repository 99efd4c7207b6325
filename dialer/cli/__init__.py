"""The command line. Nothing heavy is imported before a command needs it."""


def main() -> None:
    """Run `dialer` with the arguments of this process, and exit."""
    from dialer.cli.run import main_of_process

    raise SystemExit(main_of_process())
