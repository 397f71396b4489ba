"""How a rule says no: one small family of exceptions, turned into clear pages by one middleware.

Services raise them; views may catch them to show the message beside a form. What nobody catches becomes a
page that says what happened, that nothing was saved, and what to do.
"""

import errno
import logging

from django.conf import settings
from django.db import DataError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

logger = logging.getLogger(__name__)
# A disk that is full, broken, not writable, or not there
_TROUBLE_WITH_FILES = frozenset(
    {
        errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOENT,
        errno.ENOTDIR,
    }
)  # fmt: skip


class Refused(Exception):
    """A rule refuses; nothing was saved. `message` is shown to the user as it is (translated by the raiser)."""

    status = 409

    def __init__(self, message: str = "", *, code: str = "refused", status: int | None = None):
        super().__init__(str(message))
        self.message = str(message)
        self.code = code
        self.status = status or self.status


class TransitionRefused(Refused):
    """The object is not in a state from which this step is allowed (a double click, a second tab)."""

    def __init__(self, message: str = "", *, current: str = "", target: str = ""):
        super().__init__(
            message or _("This step is not possible any more: it was already done, or things have moved on."),
            code="transition",
        )
        self.current, self.target = current, target


class NotPermitted(Refused):
    """The acting person lacks the role, or their organisation is not the one that may do this."""

    status = 403

    def __init__(self, message: str = ""):
        super().__init__(message or _("Your role does not allow this step."), code="not_permitted")


class Incomplete(Refused):
    """Something is missing; `missing` lists it in words, each entry one line."""

    def __init__(self, missing: list[str], message: str = ""):
        super().__init__(message or _("Something is still missing."), code="incomplete")
        self.missing = [str(line) for line in missing]


def check(current: str, target: str, table: dict) -> None:
    """Raise TransitionRefused unless `table` (state → set of next states) allows current → target."""
    if target not in table.get(current, ()):
        raise TransitionRefused(current=str(current), target=str(target))


class RefusalMiddleware:
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        refusal = exception if isinstance(exception, Refused) else _refusal_of(exception)
        if refusal is None:
            return None
        context = {"refusal": refusal, "missing": getattr(refusal, "missing", [])}
        return render(request, "refused.html", context, status=refusal.status)


def _refusal_of(exception: Exception) -> Refused | None:
    """What the layers below refuse, in words. Form fields complain of a null character by themselves; what is read
    without one (a search, a reason) comes as far as the database's driver, which never sends it."""
    if isinstance(exception, DataError) and "NUL (0x00)" in str(exception):
        return Refused(
            _("The text holds a sign that cannot be stored. Type it anew instead of pasting it."), status=400
        )
    if isinstance(exception, OSError) and exception.errno in _TROUBLE_WITH_FILES:
        logger.critical("Trouble with files in %s", settings.MEDIA_ROOT, exc_info=exception)
        return Refused(
            _(
                "Files cannot be kept or read at the moment. Try again later; if it stays so, tell the operator."
            ),
            status=503,
        )
    return None
