"""Errors of forms: which field is not fit, so that a page can lead there."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from dialer.errors import UserError


class Unfit(UserError):
    """What was typed into one field is not fit; `field` is its id on the page.

    `more` says the same of other fields of the form.
    """

    def __init__(
        self,
        field: str,
        what: str,
        *,
        why: str | None = None,
        fix: str | None = None,
        more: Sequence["Unfit"] = (),
    ) -> None:
        super().__init__(what, why=why, fix=fix)
        self.field = field
        self.more = more

    @property
    def fields(self) -> list[str]:
        """Give all the fields that are not fit."""
        return [self.field, *(one.field for one in self.more)]


@contextmanager
def about(field: str) -> Iterator[None]:
    """Have what a person must change said of one field.

    Raises:
        Unfit: in place of any `UserError`.
    """
    try:
        yield
    except UserError as error:
        raise Unfit(field, error.what, why=error.why, fix=error.fix) from error
