"""Who may do what: one table. A permission is granted to roles; a role exists for certain kinds of organisation."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Kind(models.TextChoices):
    UNIVERSITY = "UNIVERSITY", _("university")
    INSTITUTE = "INSTITUTE", _("research institute")
    HOSPITAL = "HOSPITAL", _("hospital")
    LABORATORY = "LABORATORY", _("laboratory")
    ENTERPRISE = "ENTERPRISE", _("enterprise")
    AGENCY = "AGENCY", _("technology transfer agency")
    PROVIDER = "PROVIDER", _("service provider")
    OPERATOR = "OPERATOR", _("market operator")


RESEARCH = frozenset({Kind.UNIVERSITY, Kind.INSTITUTE, Kind.HOSPITAL, Kind.LABORATORY})
REGISTRABLE = [kind for kind in Kind if kind != Kind.OPERATOR]


class Role(models.TextChoices):
    ADMIN = "ADMIN", _("administrator")
    EDITOR = "EDITOR", _("editor")
    APPROVER = "APPROVER", _("approver")
    CONTRACT_OFFICER = "CONTRACT_OFFICER", _("contract officer")
    FINANCE = "FINANCE", _("finance")
    INVENTOR = "INVENTOR", _("inventor")
    SCOUT = "SCOUT", _("technology scout")
    SIGNATORY = "SIGNATORY", _("signatory")
    REPORTER = "REPORTER", _("usage reporter")
    BROKER = "BROKER", _("technology broker")
    VERIFIER = "VERIFIER", _("verifier")
    PROGRAMME_OFFICER = "PROGRAMME_OFFICER", _("programme officer")


ROLES_OF_KIND: dict[str, tuple[Role, ...]] = {
    **dict.fromkeys(
        RESEARCH,
        (
            Role.ADMIN,
            Role.EDITOR,
            Role.APPROVER,
            Role.CONTRACT_OFFICER,
            Role.SIGNATORY,
            Role.FINANCE,
            Role.INVENTOR,
        ),
    ),
    Kind.ENTERPRISE: (Role.ADMIN, Role.SCOUT, Role.SIGNATORY, Role.REPORTER, Role.FINANCE),
    Kind.AGENCY: (Role.ADMIN, Role.BROKER, Role.SIGNATORY, Role.FINANCE),
    Kind.PROVIDER: (Role.ADMIN, Role.EDITOR, Role.APPROVER, Role.FINANCE),
    Kind.OPERATOR: (Role.ADMIN, Role.VERIFIER, Role.PROGRAMME_OFFICER),
}

_OFFICE = {Role.CONTRACT_OFFICER}
_DEAL = {Role.CONTRACT_OFFICER, Role.SCOUT, Role.SIGNATORY, Role.BROKER}

PERMISSIONS: dict[str, frozenset[Role]] = {
    permission: frozenset(roles)
    for permission, roles in {
        # the ground
        "organisation.manage": {Role.ADMIN},
        "api_key.manage": {Role.ADMIN},
        "organisation.verify": {Role.VERIFIER},
        "mandate.propose": {Role.BROKER},
        "mandate.answer": {Role.ADMIN, Role.SIGNATORY, Role.CONTRACT_OFFICER},
        "programme.edit": {Role.PROGRAMME_OFFICER},
        "market.watch": {Role.VERIFIER, Role.PROGRAMME_OFFICER},
        "clock.move": {Role.VERIFIER, Role.PROGRAMME_OFFICER},
        # published
        "listing.edit": {Role.EDITOR},
        "listing.approve": {Role.APPROVER},
        "listing.import": {Role.EDITOR},
        "need.edit": {Role.SCOUT},
        "need.approve": {Role.SIGNATORY, Role.ADMIN},
        # found
        "match.read": _DEAL | {Role.EDITOR, Role.APPROVER},
        "match.told": {Role.CONTRACT_OFFICER, Role.EDITOR, Role.SCOUT, Role.BROKER},
        "search.keep": {Role.VERIFIER, Role.PROGRAMME_OFFICER},
        # enquired, agreed
        "proposal.read": _OFFICE | {Role.EDITOR, Role.APPROVER, Role.SCOUT, Role.SIGNATORY},
        "proposal.make": _OFFICE | {Role.EDITOR},
        "proposal.answer": {Role.SCOUT, Role.SIGNATORY},
        "enquiry.open": {Role.SCOUT, Role.SIGNATORY, Role.BROKER},
        "deal.read": _DEAL | {Role.APPROVER, Role.FINANCE, Role.REPORTER},
        "deal.write": _DEAL,
        "offer.make": _DEAL,
        "scenario.keep": _DEAL | {Role.APPROVER, Role.FINANCE, Role.REPORTER},
        "offer.accept": {Role.CONTRACT_OFFICER, Role.SIGNATORY},
        # signed
        "contract.read": _DEAL | {Role.APPROVER, Role.FINANCE, Role.REPORTER, Role.ADMIN},
        "contract.draft": _OFFICE | {Role.BROKER},
        "contract.declare": _OFFICE | {Role.SIGNATORY},
        "contract.review": {Role.APPROVER},
        "notice.open": _OFFICE | {Role.APPROVER},
        "objection.decide": {Role.APPROVER},
        "contract.sign": {Role.SIGNATORY},
        "contract.deliver": _OFFICE,
        "delivery.accept": {Role.SIGNATORY, Role.REPORTER},
        "fact.record": _OFFICE | {Role.SIGNATORY, Role.REPORTER},
        "fact.confirm": _OFFICE | {Role.SIGNATORY},
        "extension.ask": {Role.SIGNATORY, Role.REPORTER},
        "extension.answer": _OFFICE,
        "decision.make": {Role.SIGNATORY},
        "breach.notify": _OFFICE | {Role.SIGNATORY},
        "contract.terminate": _OFFICE | {Role.SIGNATORY},
        "wind_down.confirm": _OFFICE | {Role.SIGNATORY},
        "registration.record": _OFFICE | {Role.FINANCE},
        "annex.read": _OFFICE | {Role.APPROVER, Role.FINANCE},
        # used, reported
        "report.submit": {Role.REPORTER},
        "report.read": _OFFICE | {Role.REPORTER, Role.FINANCE, Role.SIGNATORY, Role.BROKER},
        "report.accept": _OFFICE,
        "audit.open": _OFFICE | {Role.FINANCE},
        "audit.answer": {Role.SIGNATORY},
        "audit.read": _OFFICE | {Role.FINANCE, Role.SIGNATORY, Role.REPORTER, Role.APPROVER},
        # rated, invoiced, paid, distributed
        "charge.read": _OFFICE | {Role.FINANCE, Role.SIGNATORY, Role.REPORTER},
        "charge.approve": {Role.FINANCE},
        "charge.dispute": {Role.FINANCE, Role.SIGNATORY, Role.REPORTER},
        "charge.waive": {Role.FINANCE},
        "invoice.read": _OFFICE | {Role.FINANCE, Role.SIGNATORY, Role.REPORTER},
        "invoice.issue": {Role.FINANCE},
        "payment.advise": {Role.FINANCE},
        "payment.confirm": {Role.FINANCE},
        "write_off.read": {Role.FINANCE, Role.APPROVER},
        "write_off.propose": {Role.FINANCE},
        "write_off.approve": {Role.APPROVER},
        "account.edit": {Role.FINANCE, Role.ADMIN},
        "ledger.read": {Role.FINANCE},
        "distribution.read": {Role.FINANCE, Role.APPROVER},
        "distribution.propose": {Role.FINANCE},
        "distribution.approve": {Role.APPROVER},
        "payout.confirm": {Role.FINANCE},
        "commission.read": {Role.BROKER, Role.FINANCE},
    }.items()
}

# What an organisation that is not verified yet may do already: look after itself.
BEFORE_VERIFICATION = frozenset({"organisation.manage", "listing.edit", "need.edit"})


def allowed(permission: str, roles) -> bool:
    """Whether any of `roles` grants `permission`. An unknown permission is a programming error: KeyError."""
    return not PERMISSIONS[permission].isdisjoint(roles)
