import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from unicodedata import category

from django.core import signing
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import translation

from marketplace.accounts.models import User
from marketplace.celery import nudge
from marketplace.clock import now
from marketplace.notifications.models import MailPreference, Notification

_STOP = "mail-stop"
_gathered: ContextVar[list[Notification] | None] = ContextVar("letters", default=None)


def notify(
    users: Iterable, template: str, *, path: str = "", stop_path: str = "", **context
) -> list[Notification]:
    """Tell each user one fact, in the app and by e-mail, in the caller's transaction.

    `template` names `notifications/<template>.txt`: the first line is the subject, the rest the body; it is
    rendered in both languages now, so the letter says what was true now. `path` is where the button leads:
    an address of ours; a language prefix is cut off, each reader gets their own. `stop_path` is where one ends
    letters of this sort with one click, for those that were ordered, such as saved searches. Whoever was `addressed` as one
    of an organisation finds the way there whomever they act for when they read it. E-mails leave after commit;
    when the broker is down the timer sends them.
    """
    users = list({user.pk: user for user in users}.values())
    if not users:
        return []
    texts = {}
    for language in ("zh-hans", "en"):
        with translation.override(language):
            text = render_to_string(f"notifications/{template}.txt", context).strip()
        subject, _sep, body = text.partition("\n")
        texts[language] = (in_one_line(subject)[:200], body.strip())
    rows = [
        Notification(
            user=user,
            template=template,
            subject_zh=texts["zh-hans"][0],
            body_zh=texts["zh-hans"][1],
            subject_en=texts["en"][0],
            body_en=texts["en"][1],
            organisation_id=user.told_for,
            path=_without_language(path),
            stop_path=_without_language(stop_path),
            created_at=now(),
        )
        for user in users
    ]
    gathered = _gathered.get()
    if gathered is None:
        return _write(rows)
    gathered += rows
    return rows


def in_one_line(subject: str) -> str:
    """A subject as mail can carry it: what a name in it brings along (a line break of another system, a control
    character) would begin another header, and no letter is sent with it."""
    return "".join(sign for sign in " ".join(subject.split()) if category(sign) != "Cc")


def _write(rows: list[Notification]) -> list[Notification]:
    readers = {row.user_id for row in rows}
    preferences = dict(MailPreference.objects.filter(user__in=readers).values_list("user_id", "mode"))
    for row in rows:
        row.mail_wanted = preferences.get(row.user_id) != MailPreference.Mode.NEVER
    Notification.objects.bulk_create(rows)
    from marketplace.notifications.tasks import send_mails

    nudge(send_mails)
    return rows


@contextmanager
def letters_together() -> Iterator[None]:
    """Write the letters of a block together at its end, for work on many objects in one transaction. A block that
    fails writes none."""
    if _gathered.get() is not None:
        yield
        return
    rows: list[Notification] = []
    token = _gathered.set(rows)
    try:
        yield
    finally:
        _gathered.reset(token)
    if rows:
        _write(rows)


def _without_language(path: str) -> str:
    return re.sub(r"^/(zh-hans|en)(?=/)", "", path)


def mark_read(notifications) -> int:
    """Mark those of a queryset that are unread; returns how many there were."""
    return notifications.unread().update(read_at=now())


@transaction.atomic
def set_mail_mode(user, mode: str) -> MailPreference:
    """At once, once a day, or never; letters that wait already follow the new choice, too."""
    preference, _created = MailPreference.objects.update_or_create(user=user, defaults={"mode": mode})
    if mode == MailPreference.Mode.NEVER:
        Notification.objects.of(user).to_mail().update(mail_wanted=False)
    return preference


def mail_stop_token(user) -> str:
    return signing.dumps(user.pk, salt=_STOP)


def stopped_by(token: str) -> User:
    """Whose letters the link of a digest ends; it holds for ever, as letters are kept. Raises User.DoesNotExist for
    a link that is not ours."""
    try:
        return User.objects.get(pk=signing.loads(token, salt=_STOP))
    except signing.BadSignature:
        raise User.DoesNotExist from None


def retry_letters() -> int:
    """Have the letters tried again that were given up after too many attempts; returns how many there were."""
    from marketplace.notifications.tasks import MAX_ATTEMPTS, send_mails

    given_up = Notification.objects.to_mail().filter(mail_attempts__gte=MAX_ATTEMPTS)
    number = given_up.update(mail_attempts=0)
    nudge(send_mails)
    return number
