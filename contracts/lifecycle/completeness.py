"""What is missing before a contract may go to review (DOMAIN C4): a text whose price or subject is unclear is
refused registration (art. 39 of the recognition rules), so it must not leave the house."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from contracts.lifecycle import rights
from contracts.lifecycle.models import ContractAnnex, LicenceContract
from contracts.lifecycle.states import PricingMethod, Side
from marketplace import terms as language
from marketplace.clock import today
from marketplace.programmes.models import Key
from marketplace.programmes.services import ResultFacts, default_for, eligibility
from marketplace.terms.dates import add_months
from marketplace.terms.elements import Royalty

STATUTORY_NOTICE_DAYS = 15
SIGNING_DAYS = 30
PATENTS = ("INVENTION", "UTILITY_MODEL", "DESIGN")
GONE = ("LAPSED", "EXPIRED", "INVALIDATED")


@dataclass(frozen=True)
class Finding:
    """One thing that is missing or doubtful. `where` is the name of the page on which it is mended, "deal" for
    the negotiation; `blocking`: review is refused; otherwise it is only shown."""

    code: str
    words: str | Promise
    where: str = ""
    blocking: bool = True


def find_missing(contract: LicenceContract) -> list[Finding]:
    """Everything that keeps a contract from review, then what is only worth a look."""
    found = [
        *_parties(contract),
        *_rights(contract),
        *_terms(contract),
        *_declarations(contract),
        *_contributors(contract),
        *_programme(contract),
        *_conflicts(contract),
        *_worth_a_look(contract),
    ]
    return sorted(found, key=lambda finding: not finding.blocking)


def notice_days(contract: LicenceContract) -> tuple[int, str]:
    """Days of public notice and where the number comes from: the programme's, never below the statutory 15;
    0 where the price was not negotiated."""
    if contract.pricing_method != PricingMethod.NEGOTIATED:
        return 0, ""
    rule = default_for(contract.programme, Key.NOTICE_DAYS)
    return max(int(rule.value), STATUTORY_NOTICE_DAYS), rule.source


def stated_notice_source(contract: LicenceContract) -> str:
    """The title of the programme's rule that the days come from; "" where they are our proposal, which every
    reader then finds in words of their own language."""
    proposal = default_for(contract.programme, Key.NOTICE_DAYS)
    return "" if proposal.is_proposal else proposal.source


def latest_effect(contract: LicenceContract) -> date:
    """The latest day on which the contract takes effect if everything goes as planned."""
    days, _source = notice_days(contract)
    planned = today() + timedelta(days=(days + 1 if days else 0) + SIGNING_DAYS)
    return max(contract.agreed_effective_on or today(), planned)


def patents_end_on(contract: LicenceContract) -> date | None:
    """The last day of the longest-lived patent; None where nothing that is licensed expires."""
    ends = [
        date.fromisoformat(right["expires_on"])
        for right in contract.subject["listing"]["ip_rights"]
        if right.get("expires_on")
    ]
    return max(ends, default=None)


def _parties(contract: LicenceContract) -> Iterator[Finding]:
    for side, party in contract.parties:
        stated = contract.subject[side.lower()] or {}
        name = stated.get("name_zh") or stated.get("name_en") or party.name
        if not stated.get("credit_code"):
            words = format_lazy(_("{party}: the unified social credit code is missing."), party=name)
            yield Finding("party_code", words, "organisation_settings")
        if not stated.get("address") and not party.address:
            words = format_lazy(_("{party}: the address for letters is missing."), party=name)
            yield Finding("party_address", words, "organisation_settings")
        if not party.is_verified:
            yield Finding("party_verified", format_lazy(_("{party} is not verified at present."), party=name))


def _rights(contract: LicenceContract) -> Iterator[Finding]:
    listing = contract.subject["listing"]
    if listing.get("is_secret"):
        yield Finding("secret", _("Secret results are excluded from use-first-pay-later."))
    if not listing["ip_rights"]:
        yield Finding("no_right", _("No patent, other right or know-how is named."), "deal")
    for right in listing["ip_rights"]:
        name = right.get("number") or right.get("title") or "?"
        if right.get("status") in GONE:
            words = format_lazy(_("{right} is no longer in force."), right=name)
            yield Finding("right_gone", words, "deal")
        if right["kind"] not in PATENTS:
            continue
        if not right.get("number"):
            yield Finding(
                "right_number", format_lazy(_("{right}: its number is missing."), right=name), "deal"
            )
        if not right.get("filed_on"):
            words = format_lazy(_("{right}: its filing date is missing."), right=name)
            yield Finding("right_filed", words, "deal")
        if not right.get("expires_on"):
            words = format_lazy(
                _("{right}: its expiry date is missing, so the term cannot be checked."), right=name
            )
            yield Finding("right_expiry", words, "deal")
    if not contract.team_consent_on and not listing.get("team_consent_on"):
        yield Finding("team_consent", _("The consent of the team is not recorded."), "contract_change")


def _terms(contract: LicenceContract) -> Iterator[Finding]:
    row = contract.current_terms_row
    if row.agreed_at is None:
        yield Finding(
            "revision", _("The licensee has not agreed to the changed terms yet."), "contract_revision"
        )
    terms = row.agreed_terms
    lang = get_language() or "zh-hans"
    for problem in language.check(
        terms, effective_on=latest_effect(contract), patents_end_on=patents_end_on(contract)
    ):
        blocking = problem.severity == language.ERROR
        yield Finding(f"terms_{problem.code}", problem.message(lang), "contract_revise", blocking)
    if terms.trial is not None and not terms.trial.permitted:
        yield Finding("scope", _("No act is permitted during free use."), "contract_revise")


def _declarations(contract: LicenceContract) -> Iterator[Finding]:
    there = {declaration.side for declaration in contract.declarations.all()}
    words = {
        Side.LICENSOR: _("The licensor has not declared whether the parties are related."),
        Side.LICENSEE: _("The licensee has not declared whether the parties are related."),
    }
    for side, said in words.items():
        if side not in there:
            yield Finding(f"declaration_{side.lower()}", said, "contract_declare")


def _contributors(contract: LicenceContract) -> Iterator[Finding]:
    """Says only that something is wrong: names and shares stay with the licensor."""
    annex = contract.annexes.filter(kind=ContractAnnex.Kind.CONTRIBUTORS).first()
    shares = [person.get("share") for person in annex.content] if annex else []
    if not shares or None in shares or sum(Decimal(share) for share in shares) != 1:
        yield Finding(
            "contributors",
            _("The licensor's annex of contributor shares is not complete: the shares must make up 100 %."),
            "deal",
        )


def _programme(contract: LicenceContract) -> Iterator[Finding]:
    if not contract.licensee.size_class:
        yield Finding(
            "size_class", _("The size class of the licensee is not known."), "organisation_settings"
        )
    listing = contract.subject["listing"]
    if contract.programme is None:
        words = _("The result was not offered under a pilot programme.")
        if listing.get("programme"):
            words = _("The contract stands outside of the pilot programme that the result was offered under.")
        yield Finding("no_programme", words, blocking=False)
        return
    facts = ResultFacts(
        trl=listing.get("trl"),
        maturity=listing.get("maturity"),
        ip_kinds=tuple(right["kind"] for right in listing["ip_rights"]),
        team_consent=bool(contract.team_consent_on or listing.get("team_consent_on")),
    )
    unknown = []
    for finding in eligibility(contract.programme, contract.licensor, contract.licensee, facts):
        if finding.verdict == "fails":
            source = f" [{finding.source}]" if finding.source else ""
            way_out = _("If that stays so, complete the draft as one outside of the pilot programme.")
            words = format_lazy("{said}{source} {way_out}", said=finding.text, source=source, way_out=way_out)
            yield Finding(f"programme_{finding.rule.lower()}", words, "contract_change")
        elif finding.verdict == "unknown":
            unknown.append(finding.text)
    if unknown:
        words = format_lazy(_("Cannot be checked: {rule}"), rule=" · ".join(unknown))
        yield Finding("programme_unknown", words, "programme", blocking=False)


def _conflicts(contract: LicenceContract) -> Iterator[Finding]:
    start = latest_effect(contract)
    end = add_months(start, contract.terms.term_months) - timedelta(days=1)
    for other in rights.conflicts(contract, starts_on=today(), ends_on=end):
        yield Finding("conflict", conflict_words(other))


def conflict_words(other: LicenceContract) -> str | Promise:
    """Why two grants collide; the other licensee is not named."""
    return format_lazy(
        _(
            "The same right is licensed by a running contract until {end} for an overlapping field and territory, and one of the two grants excludes the other. End that licence first, or narrow field, territory or kind."
        ),
        end=(other.licence_ended_on or other.term_ends_on).isoformat(),
    )


def _worth_a_look(contract: LicenceContract) -> Iterator[Finding]:
    terms = contract.terms
    royalty = any(isinstance(element, Royalty) for element in terms.elements)
    if royalty and not terms.report.evidence:
        yield Finding("evidence", _("No evidence is agreed for the usage reports."), blocking=False)
    if royalty and not terms.report.inspection:
        words = _("No inspection of the accounts is agreed (Civil Code, art. 846).")
        yield Finding("inspection", words, blocking=False)
    if terms.elements and terms.interest is None:
        yield Finding("interest", _("No interest on late payment is agreed."), blocking=False)
    if not terms.dispute.place:
        yield Finding("forum", _("No place is named for disputes."), blocking=False)
    related = [declaration for declaration in contract.declarations.all() if declaration.is_related]
    if related:
        words = _("A side declared that the parties are related: it will stand in the public notice.")
        yield Finding("related", words, blocking=False)
