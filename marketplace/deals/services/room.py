import hashlib
from uuid import UUID, uuid4

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext as _

from marketplace.audit.services import record
from marketplace.clock import now
from marketplace.deals import nda
from marketplace.deals.models import Deal, NdaConfirmation, RoomFile, RoomMessage, RoomSeen
from marketplace.deals.services.turns import tell, touch, turn
from marketplace.deals.standing import Standing, enter, standing
from marketplace.deals.states import DealState, Purpose, Step
from marketplace.organisations.acting import Acting, permit
from marketplace.refusals import Refused, TransitionRefused
from marketplace.uploads import clean_upload

MAX_MESSAGE = 5_000
MAX_FILES = 200
KINDS = frozenset({"pdf", "docx", "xlsx", "csv", "txt", "png", "jpg"})


def cleaned(text: str, limit: int) -> str:
    """Text without surrounding space; raises Refused when empty or too long."""
    text = (text or "").replace("\x00", "").strip()
    if not text:
        raise Refused(_("Write something first: the message is empty."))
    if len(text) > limit:
        raise Refused(_("The text is too long: at most %(limit)s characters.") % {"limit": limit})
    return text


def say(deal: Deal, stands: Standing, *, actor: Acting, text: str, purpose: str, token: UUID) -> RoomMessage:
    """Write one message into a locked deal; the caller has checked the right and tells the others."""
    message = RoomMessage.objects.create(
        deal=deal,
        author=actor.user,
        organisation=actor.organisation,
        side=stands.side,
        purpose=purpose,
        text=text,
        token=token,
        created_at=now(),
    )
    record(actor, "deal.message", deal, message=message.pk)
    return message


def _still_open_to_talk(deal: Deal) -> None:
    if deal.state == DealState.CLOSED:
        raise Refused(_("This deal is closed. Ask about the listing again to open a new one."))


@transaction.atomic
def post_message(deal: Deal, *, actor: Acting, text: str, token: UUID | None = None) -> RoomMessage:
    """Say something in the room. The same `token` again returns the message that is there.

    While no offer stands it becomes the other side's turn. Raises Refused in a closed deal or for no text.
    """
    text = cleaned(text, MAX_MESSAGE)
    deal, stands = enter(deal, actor=actor, permission="deal.write")
    there = RoomMessage.objects.filter(deal=deal, token=token).first() if token else None
    if there is not None:
        return there
    _still_open_to_talk(deal)
    message = say(deal, stands, actor=actor, text=text, purpose=Purpose.NOTE, token=token or uuid4())
    if deal.is_open and stands.speaks_for is not None and deal.next_step == Step.ANSWER:
        turn(deal, stands.speaks_for.other, Step.ANSWER)
    else:
        touch(deal)
    tell(deal, "message", actor=actor, message=message)
    return message


@transaction.atomic
def add_file(deal: Deal, *, actor: Acting, file: UploadedFile, token: UUID | None = None) -> RoomFile:
    """Lay a file in the room, with the SHA-256 of its content. The same `token` again returns the first one.

    Raises Refused for a file that is not what it says, too large, or one too many, and in a closed deal.
    """
    deal, stands = enter(deal, actor=actor, permission="deal.write")
    there = RoomFile.objects.filter(deal=deal, token=token).first() if token else None
    if there is not None:
        return there
    _still_open_to_talk(deal)
    if deal.files.count() >= MAX_FILES:
        raise Refused(
            _("There are %(limit)s files in this room already; no more fit.") % {"limit": MAX_FILES}
        )
    try:
        file = clean_upload(file, KINDS)
    except ValidationError as error:
        raise Refused(" ".join(error.messages)) from error
    digest = hashlib.sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    file.seek(0)
    laid = RoomFile.objects.create(
        deal=deal,
        uploaded_by=actor.user,
        organisation=actor.organisation,
        side=stands.side,
        file=file,
        name=file.name,
        size=file.size,
        content_type=file.content_type,
        sha256=digest.hexdigest(),
        token=token or uuid4(),
        created_at=now(),
    )
    touch(deal)
    record(actor, "deal.file_added", deal, file=laid.pk, sha256=laid.sha256)
    tell(deal, "file", actor=actor, file=laid)
    return laid


def mark_seen(deal: Deal, *, acting: Acting, message_id: int) -> None:
    """Note that a person of a taking part organisation has read the room up to a message."""
    if standing(deal, acting) is None or message_id <= 0:
        return
    row, created = RoomSeen.objects.get_or_create(
        deal=deal,
        user=acting.user,
        organisation=acting.organisation,
        defaults={"message_id": message_id, "seen_at": now()},
    )
    if not created and row.message_id < message_id:
        RoomSeen.objects.filter(pk=row.pk, message_id__lt=message_id).update(
            message_id=message_id, seen_at=now()
        )


@transaction.atomic
def set_nda(deal: Deal, *, actor: Acting, confirmed: bool = True) -> bool:
    """Confirm the confidentiality rules for one's own organisation, or take that back while the other side has
    not confirmed. Returns whether they are in force now: when licensor and licensee have both confirmed.

    In force they stay; restricted attachments of the listing then open to those who confirmed.
    A party confirms by somebody who may accept offers. Raises TransitionRefused when nothing would change.
    """
    deal, stands = enter(deal, actor=actor, permission="deal.write")
    if stands.is_party:
        permit(actor, "offer.accept", actor.organisation)
    _still_open_to_talk(deal)
    mine = NdaConfirmation.objects.filter(deal=deal, organisation=actor.organisation)
    if confirmed == mine.exists():
        raise TransitionRefused()
    if confirmed:
        NdaConfirmation.objects.create(
            deal=deal,
            organisation=actor.organisation,
            side=stands.side,
            confirmed_by=actor.user,
            confirmed_at=now(),
            text_hash=nda.text_hash(),
        )
    elif nda.is_in_force(deal):
        raise Refused(_("Confidentiality is in force and stays so; it cannot be taken back by one side."))
    else:
        mine.delete()
    touch(deal)
    record(actor, "deal.nda_confirmed" if confirmed else "deal.nda_taken_back", deal, text=nda.text_hash())
    both = nda.is_in_force(deal)
    if confirmed:
        tell(deal, "nda", actor=actor, in_force=both)
    return both
