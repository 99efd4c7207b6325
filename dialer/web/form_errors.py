"""Errors of forms: which field is not fit, so that a page can lead there."""

from dialer.errors import UserError


class Unfit(UserError):
    """What was typed into one field is not fit; `field` is its id on the page."""

    def __init__(
        self, field: str, what: str, *, why: str | None = None, fix: str | None = None
    ) -> None:
        super().__init__(what, why=why, fix=fix)
        self.field = field
