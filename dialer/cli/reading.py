"""Reading what people type as arguments."""

from dialer.cli.exits import WrongUsage


def read_number(text: str, *, country: str) -> str:
    """Read a number as a person types it.

    Raises:
        WrongUsage: it is none.
    """
    from dialer.domain.phones import Phone as Found
    from dialer.domain.phones import parse_phone

    found = parse_phone(text, country=country.upper(), allow_fictional=True, allowed_countries=None)
    if isinstance(found, Found):
        return found.e164
    raise WrongUsage(
        f"{text} is not a telephone number", why=found.message, fix="write it as +14155552671"
    )
