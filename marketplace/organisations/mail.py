import logging

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from marketplace.notifications.services import in_one_line
from marketplace.organisations.models import Invitation

logger = logging.getLogger(__name__)


def send_invitation(invitation: Invitation, token: str) -> None:
    """The letter with the link, in both languages: we do not know the reader's. Its secret is not stored,
    so a letter that cannot be sent is logged, and the administrator sends a new one."""
    with translation.override(invitation.invited_by.language):
        path = reverse("invitation", args=[token])
    context = {"invitation": invitation, "url": settings.SITE_URL + path, "SITE_URL": settings.SITE_URL}
    parts = []
    for language in ("zh-hans", "en"):
        with translation.override(language):
            parts.append(render_to_string("organisations/invitation_mail.txt", context).strip())
    subject = " · ".join(in_one_line(part.partition("\n")[0]) for part in parts)
    body = "\n\n".join(part.partition("\n")[2].strip() for part in parts)
    try:
        EmailMultiAlternatives(subject=subject, body=body, to=[invitation.email]).send()
    except OSError:
        logger.exception("Invitation %s could not be mailed", invitation.pk)
