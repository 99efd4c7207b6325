"""Files that hold settings: the `.env` file, a secret, the address of something that runs."""

from pathlib import Path

from dotenv import dotenv_values

from dialer.errors import UserError


def written_address(path: Path) -> str | None:
    """Read the address that a running process wrote; None when none runs."""
    try:
        return path.read_text(encoding="utf-8").strip() or None
    except FileNotFoundError:
        return None


def secret_from(path: Path, *, variable: str) -> str:
    """Read the secret in the file that `variable` names.

    Raises:
        UserError: there is none.
    """
    try:
        secret = path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise UserError(
            f"{variable}={path} cannot be read",
            why=error.strerror or str(error),
            fix=f"point {variable} to a readable file",
        ) from error
    if not secret:
        raise UserError(
            f"{variable}={path} is empty",
            why="an empty secret protects nothing",
            fix=f"write the secret into {path}, or unset {variable}",
        )
    return secret


def env_file_values(path: Path) -> dict[str, str | None]:
    """Read a `.env` file; empty when there is none."""
    return dict(dotenv_values(path)) if path.is_file() else {}
