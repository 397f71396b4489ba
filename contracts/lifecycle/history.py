"""What happened to a contract, as its parties may read it: from the audit trail, in words."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contracts.lifecycle.models import LicenceContract
from contracts.lifecycle.states import AmendmentState, State
from marketplace.accounts.models import User
from marketplace.audit.models import AuditEvent
from marketplace.organisations.models import Organisation

WORDS: dict[str, str | Promise] = {
    "contract.drafted": gettext_lazy("drafted from the term sheet"),
    "contract.draft_changed": gettext_lazy("draft changed"),
    "contract.declared": gettext_lazy("related-party declaration made"),
    "contract.terms_revised": gettext_lazy("terms changed in the draft"),
    "contract.revision_agreed": gettext_lazy("changed terms agreed"),
    "contract.approved": gettext_lazy("approved in the internal review"),
    "contract.signed": gettext_lazy("signed"),
    "amendment.proposed": gettext_lazy("amendment proposed"),
    "amendment.notice": gettext_lazy("amendment put on public notice"),
    "amendment.signed": gettext_lazy("amendment signed"),
    "contract.scan_uploaded": gettext_lazy("scan signed by hand uploaded"),
    "contract.scan_confirmed": gettext_lazy("scan signed by hand confirmed"),
    "contract.scan_refused": gettext_lazy("scan signed by hand not confirmed"),
    "contract.delivered": gettext_lazy("delivery stated"),
    "contract.delivery_accepted": gettext_lazy("delivery accepted"),
    "contract.delivery_rejected": gettext_lazy("delivery not accepted"),
    "contract.extension_asked": gettext_lazy("extension asked for"),
    "contract.extension_refused": gettext_lazy("extension refused"),
    "contract.decided": gettext_lazy("decision on record"),
    "contract.stop_certified": gettext_lazy("stop-use certificate sent"),
    "contract.certificate_returned": gettext_lazy("stop-use certificate returned"),
    "contract.wind_down_confirmed": gettext_lazy("stop-use certificate confirmed"),
    "contract.disputed": gettext_lazy("marked as disputed"),
    "contract.dispute_settled": gettext_lazy("dispute settled"),
    "contract.registered": gettext_lazy("registration put on record"),
    "objection.lodged": gettext_lazy("objection lodged"),
    "objection.upheld": gettext_lazy("objection upheld"),
    "objection.rejected": gettext_lazy("objection rejected"),
    "fact.recorded": gettext_lazy("fact put on record"),
    "fact.confirmed": gettext_lazy("fact counts"),
    "fact.void": gettext_lazy("fact void"),
    "breach.notified": gettext_lazy("breach notified"),
    "breach.cured": gettext_lazy("breach cured"),
    "breach.uncured": gettext_lazy("breach not cured in time"),
    "compliance.done": gettext_lazy("compliance track done"),
}


@dataclass(frozen=True)
class Entry:
    """`who` is a person of one's own organisation, else the other organisation; "" for time itself."""

    at: datetime
    what: str
    who: str


def history_of(contract: LicenceContract, acting) -> list[Entry]:
    """Newest first; verbs that we have no words for (of later steps) are left to those steps' own pages."""
    children = {
        "contracts.objection": [pk for row in contract.notices.all() for pk in _ids(row.objections)],
        "contracts.contractfact": _ids(contract.facts),
        "contracts.breach": _ids(contract.breaches),
        "contracts.compliancetask": _ids(contract.compliance),
        "contracts.amendment": _ids(contract.amendments),
    }
    mine = Q(target_type="contracts.licencecontract", target_id=str(contract.pk))
    for kind, ids in children.items():
        if ids:
            mine |= Q(target_type=kind, target_id__in=[str(pk) for pk in ids])
    events = list(AuditEvent.objects.filter(mine)[:500])
    people = User.objects.in_bulk({event.user_id for event in events if event.user_id})
    parties = Organisation.objects.in_bulk({e.organisation_id for e in events if e.organisation_id})
    found = []
    for event in events:
        what = _words(event)
        if what:
            found.append(Entry(event.at, what, _who(event, acting, people, parties)))
    return found


def _ids(rows) -> list[int]:
    return list(rows.values_list("pk", flat=True))


def _words(event: AuditEvent) -> str:
    if event.verb == "contract.state":
        return _("now: %(state)s") % {"state": State(event.data["after"]).label}
    if event.verb == "amendment.state":
        return _("amendment: %(state)s") % {"state": AmendmentState(event.data["after"]).label}
    return str(WORDS.get(event.verb, ""))


def _who(event: AuditEvent, acting, people, parties) -> str:
    party = parties.get(event.organisation_id)
    if party is None:
        return ""
    person = people.get(event.user_id)
    if acting.is_for(party) and person is not None:
        return f"{person} · {party.name}"
    return party.name
