import logging

from celery import shared_task
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from marketplace.clock import now
from marketplace.notifications.models import MailPreference, Notification
from marketplace.notifications.services import mail_stop_token

logger = logging.getLogger(__name__)
BATCH = 200
MAX_ATTEMPTS = 8


@shared_task
def send_mails() -> None:
    """Send what waits, at most BATCH letters a run; each is marked in its own transaction, so a crash
    repeats at most one letter. One that cannot be sent, whatever the reason, holds up no other."""
    waiting = (
        Notification.objects.to_mail()
        .filter(mail_attempts__lt=MAX_ATTEMPTS)
        .exclude(user__mail_preference__mode=MailPreference.Mode.DIGEST)
    )
    for pk in list(waiting.order_by("id").values_list("pk", flat=True)[:BATCH]):
        _send_one(pk)


def _send_one(pk: int) -> None:
    with transaction.atomic():
        note = (
            Notification.objects.select_for_update(skip_locked=True, of=("self",))
            .select_related("user")
            .filter(pk=pk, mailed_at__isnull=True)
            .first()
        )
        if note is None:
            return
        try:
            _letter(note).send()
        except Exception:  # no mail server, or an address that its library does not take
            logger.warning("Letter %s not sent, will be tried again", note.pk, exc_info=True)
            note.mail_attempts += 1
            note.save(update_fields=["mail_attempts"])
            return
        note.mailed_at = now()
        note.save(update_fields=["mailed_at"])


def _letter(note: Notification) -> EmailMultiAlternatives:
    with translation.override(note.user.language):
        url = settings.SITE_URL + note.door if note.path else ""
        stop = note.stop_url
        context = {
            "note": note,
            "url": url,
            "stop": stop,
            "SITE_URL": settings.SITE_URL,
            "LANGUAGE": note.user.language,
        }
        letter = EmailMultiAlternatives(
            subject=note.subject,
            body=render_to_string("notifications/letter.txt", context),
            to=[note.user.email],
            headers=_one_click(stop) if stop else None,
        )
        letter.attach_alternative(render_to_string("notifications/letter.html", context), "text/html")
        return letter


def _one_click(stop: str) -> dict[str, str]:
    """The mail program's own button (RFC 2369, RFC 8058)."""
    return {"List-Unsubscribe": f"<{stop}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}


@shared_task
def send_digests() -> None:
    """One letter a day with everything unsent, for those who asked for a digest."""
    users = (
        Notification.objects.to_mail()
        .filter(user__mail_preference__mode=MailPreference.Mode.DIGEST)
        .values_list("user_id", flat=True)
        .distinct()
    )
    for user_id in list(users):
        try:
            _send_digest(user_id)
        except Exception:
            logger.warning("Digest of user %s not sent, will be tried again", user_id, exc_info=True)


def _send_digest(user_id: int) -> None:
    with transaction.atomic():
        notes = list(
            Notification.objects.to_mail()
            .select_for_update(skip_locked=True, of=("self",))
            .select_related("user")
            .filter(user_id=user_id)
            .order_by("id")
        )
        if not notes:
            return
        user = notes[0].user
        with translation.override(user.language):
            stop = settings.SITE_URL + reverse("mail_stop", args=[mail_stop_token(user)])
            context = {"notes": notes, "stop": stop, "SITE_URL": settings.SITE_URL, "LANGUAGE": user.language}
            body = render_to_string("notifications/digest.txt", context)
            subject, _sep, text = body.strip().partition("\n")
            letter = EmailMultiAlternatives(
                subject=subject, body=text.strip(), to=[user.email], headers=_one_click(stop)
            )
            html = render_to_string("notifications/digest.html", context | {"subject": subject})
        letter.attach_alternative(html, "text/html")
        letter.send()
        Notification.objects.filter(pk__in=[n.pk for n in notes]).update(mailed_at=now())
