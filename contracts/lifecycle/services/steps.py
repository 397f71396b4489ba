"""What every step does: lock the contract, see who acts for which side, move the state, tell the others."""

from collections.abc import Sequence
from datetime import date

from django.utils.functional import lazy
from django.utils.translation import gettext as _

from contracts.lifecycle.letters import LETTERS
from contracts.lifecycle.models import LicenceContract
from contracts.lifecycle.states import NEXT, Side, State
from marketplace.audit.services import record
from marketplace.clock import now
from marketplace.notifications.services import notify
from marketplace.organisations.acting import Acting, members, permit
from marketplace.refusals import NotPermitted, Refused, check

MAX_WORDS = 5_000


def lock(contract: LicenceContract) -> LicenceContract:
    """The contract as it is now, locked until the transaction ends; the caller's copy may be stale."""
    return LicenceContract.objects.with_parties().select_for_update(of=("self",)).get(pk=contract.pk)


def enter(
    contract: LicenceContract, *, actor: Acting, permission: str, sides
) -> tuple[LicenceContract, Side]:
    """Lock the contract for a step that one of `sides` may do, and say on which side the actor stands.

    Raises NotPermitted for an organisation on another side or none, a role that may not, and a person who also
    belongs to an organisation on the other side (for an agency: to either party).
    """
    contract = lock(contract)
    side = contract.side_of(actor.organisation)
    if side is None or side not in sides:
        raise NotPermitted(_("Your organisation cannot do this step of the contract."))
    others = [party for other, party in contract.parties if other != side and other != Side.AGENCY]
    for other in others:
        permit(actor, permission, actor.organisation, against=other)
    return contract, side


def move(
    contract: LicenceContract,
    target: State,
    *,
    actor: Acting | None,
    act_by: date | None = None,
    also: Sequence[str] = (),
    **data,
) -> None:
    """Change the state of a locked contract by the table, with its new deadline, and put it on record.

    Raises TransitionRefused where the table does not allow the step. `also` names other changed fields to save, the
    rest is the caller's; `data` goes into the audit trail.
    """
    check(contract.state, target, NEXT)
    before, contract.state = contract.state, target
    contract.state_since, contract.act_by = now(), act_by
    contract.save(update_fields=["state", "state_since", "act_by", *also])
    record(actor, "contract.state", contract, before=str(before), after=str(target), **data)


def words_of(text: str | None, *, needed: str = "") -> str:
    """Cleaned text; raises Refused with `needed` where it is empty and must not be, and for far too much."""
    text = (text or "").replace("\x00", "").strip()
    if not text and needed:
        raise Refused(needed)
    if len(text) > MAX_WORDS:
        raise Refused(_("The text is too long: at most %(limit)s characters.") % {"limit": MAX_WORDS})
    return text


def tell(contract: LicenceContract, letter: str, *to: tuple[Side, str], path: str = "", **params) -> None:
    """Send one of LETTERS to people of the named sides: (side, permission that they hold)."""
    subject, body = LETTERS[letter]
    params = {"number": contract.number, "title": lazy(lambda: contract.title, str)(), **params}
    users = []
    for side, permission in to:
        party = dict(contract.parties).get(side)
        if party is not None:
            users += members(party, permission)
    notify(
        users,
        "lifecycle/letter",
        subject=lazy(lambda: str(subject).format(**params), str)(),
        body=lazy(lambda: str(body).format(**params), str)(),
        path=path or contract.get_absolute_url(),
    )
