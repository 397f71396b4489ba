"""simulate(): terms and a scenario become one answer in sections. Pure; the steps' own modules do the arithmetic.

Money in the answer is whole minor units of the terms' currency. A section that the scenario does not ask for is
left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from contracts import rating
from contracts.billing.rules import vat
from contracts.incentives.rules import RULES, ServiceLine, redeem
from contracts.proceeds import rules as proceeds
from contracts.rating.audit import true_up
from contracts.rating.interest import Debt, InterestItem, Paid, interest, interest_due
from contracts.rating.result import reason_words
from marketplace.money import Money
from marketplace.terms import Charged, Terms, TermsError, check
from marketplace.terms.problems import ERROR, Problem

from .scenario import Scenario


def simulate(agreed: Terms, scenario: Scenario) -> dict[str, Any]:
    """The answer as plain JSON values; raises TermsError where the terms contradict themselves.

    What the scenario says is taken as read and fitting (`read_scenario` with the terms).
    """
    findings = check(agreed, effective_on=scenario.facts.effective_on)
    errors = [problem for problem in findings if problem.severity == ERROR]
    if errors:
        raise TermsError(errors)
    versions = scenario.versions(agreed)
    usage = [row.usage() for row in scenario.usage]
    rated = rating.rate(versions, scenario.facts.facts(scenario), usage, scenario.until)
    answer = {
        "format": 1,
        "currency": rated.currency,
        "until": rated.until.isoformat(),
        "warnings": [
            {
                "path": p.path,
                "code": p.code,
                "source": p.source,
                "zh": p.message("zh-hans"),
                "en": p.message("en"),
            }
            for p in findings
        ],
        "charges": [_charge(charge, scenario) for charge in rated.charges],
        "total": rated.total.minor,
        "waiting": [_waiting(each) for each in rated.waiting],
        "triggers": {
            name: {"on": fired.on.isoformat(), "by": fired.by} if fired else None
            for name, fired in rated.triggers.items()
        },
        "paid_up_on": rated.paid_up_on.isoformat() if rated.paid_up_on else None,
    }
    if scenario.issued:
        answer["corrections"] = _corrections(scenario, rated)
    if any(version.terms.interest is not None for version in versions):
        answer["interest"] = _interest(versions, scenario, rated)
    if scenario.audit is not None:
        answer["audit"] = _audit(versions[-1].terms, scenario)
    if scenario.vat is not None:
        answer["vat"] = _vat(versions, scenario, rated)
    if scenario.commission is not None:
        answer["commission"] = _commission(agreed, scenario)
    if scenario.distribution is not None:
        answer["distribution"] = _distribution(agreed, scenario)
    if scenario.voucher is not None:
        answer["voucher"] = _voucher(scenario)
    return answer


def _working(working: rating.Working) -> dict[str, Any]:
    return {
        "steps": rating.working_json(working),
        "zh": rating.sentences(working, "zh-hans"),
        "en": rating.sentences(working, "en"),
    }


def _invoiced_on(charge: rating.Charge, scenario: Scenario):
    for invoice in scenario.invoices:
        if (invoice.element_id, invoice.part, invoice.dated_on) == (
            charge.element_id,
            charge.part,
            charge.dated_on,
        ):
            return invoice.on
    return charge.dated_on


def _charge(charge: rating.Charge, scenario: Scenario) -> dict[str, Any]:
    return {
        "element_id": charge.element_id,
        "part": charge.part,
        "start": charge.period_start.isoformat(),
        "end": charge.period_end.isoformat(),
        "dated_on": charge.dated_on.isoformat(),
        "due_on": charge.due_on(_invoiced_on(charge, scenario)).isoformat(),
        "amount": charge.minor,
        "working": _working(charge.working),
    }


def _waiting(each: rating.Waiting) -> dict[str, Any]:
    return {
        "element_id": each.element_id,
        "part": each.part,
        "start": each.period_start.isoformat(),
        "end": each.period_end.isoformat(),
        "reason": each.reason,
        "detail": each.detail,
        "zh": reason_words(each),
        "en": reason_words(each, "en"),
    }


def _key(key) -> dict[str, Any]:
    return {
        "element_id": key.element_id,
        "part": key.part,
        "start": key.period_start.isoformat(),
        "end": key.period_end.isoformat(),
    }


def _corrections(scenario: Scenario, rated: rating.Rating) -> dict[str, Any]:
    issued = [
        rating.Issued((one.element_id, one.part, one.start, one.end), Money(one.amount, rated.currency))
        for one in scenario.issued
    ]
    found = rating.correct(issued, rated)
    return {
        "new": [_key(charge.key) | {"amount": charge.minor} for charge in found.new],
        "adjustments": [
            _key(one.key) | {"amount": one.amount.minor, "before": one.before.minor, "now": one.now.minor}
            for one in found.adjustments
        ],
        "held": [_key(key) for key in found.held],
    }


def _on(versions: Sequence[rating.TermsVersion], day: date) -> Terms:
    """The terms in force on a day; before all of them the first."""
    return next((v.terms for v in reversed(versions) if v.effective_on <= day), versions[0].terms)


def _interest(versions, scenario: Scenario, rated: rating.Rating) -> list[dict[str, Any]]:
    """Interest per charge, receipts settling the oldest due charge first; refunds do not reopen a charge. Where it is
    charged month by month: a line for each day it is charged on, and one for what has come to since."""
    purse = [[receipt.on, receipt.amount] for receipt in sorted(scenario.receipts, key=lambda r: r.on)]
    lines = []
    due = [(charge.due_on(_invoiced_on(charge, scenario)), charge) for charge in rated.charges]
    for due_on, charge in sorted(due, key=lambda pair: pair[0]):
        paid, open_ = [], charge.minor
        for receipt in purse:
            part = min(max(receipt[1], 0), open_)
            if part > 0:
                paid.append(Paid(receipt[0], Money(part, rated.currency)))
                receipt[1] -= part
                open_ -= part
        invoiced = _invoiced_on(charge, scenario)
        debt = Debt(charge.amount, due_on, invoiced, paid)
        for item in _interest_items(_on(versions, invoiced).interest, debt, scenario.until):
            lines.append(
                _key(charge.key)
                | {
                    "principal": item.principal.minor,
                    "since": item.since.isoformat(),
                    "to": item.to.isoformat(),
                    "paid": item.paid,
                    "amount": item.amount.minor,
                    "working": _working(item.working),
                }
            )
    return lines


def _interest_items(rule, debt: Debt, until: date) -> list[InterestItem]:
    if rule is None or rule.charged is Charged.ON_PAYMENT:
        return interest(rule, debt, until=until)
    dues = interest_due(rule, debt, until=until, and_rest=True)
    return [InterestItem(due.principal, due.since, due.on, due.amount, due.paid, due.working) for due in dues]


def _audit(agreed: Terms, scenario: Scenario) -> dict[str, Any]:
    said, currency = scenario.audit, agreed.currency
    found = true_up(
        agreed.audit,
        reported=Money(said.reported, currency),
        found=Money(said.found, currency),
        cost=Money(said.cost, currency),
    )
    return {
        "gap": found.gap.minor,
        "share": f"{found.share.numerator}/{found.share.denominator}",
        "cost_borne": found.cost_borne.minor,
        "total": found.total.minor,
        "working": _working(found.working),
    }


def _vat(versions, scenario: Scenario, rated: rating.Rating) -> list[dict[str, Any]]:
    lines = []
    for charge in rated.charges:
        bill = vat(
            charge.amount,
            rate=scenario.vat.rate,
            mode=_on(versions, charge.dated_on).vat,
            exempt=scenario.vat.exempt,
        )
        lines.append(
            _key(charge.key) | {"net": bill.net.minor, "tax": bill.tax.minor, "gross": bill.gross.minor}
        )
    return lines


def _received(scenario: Scenario):
    return sorted((r for r in scenario.receipts if r.on <= scenario.until), key=lambda r: r.on)


def _commission(agreed: Terms, scenario: Scenario) -> list[dict[str, Any]]:
    """What each broker gets at each receipt; the base is all that was received so far."""
    rule, currency = scenario.commission, agreed.currency
    cap = None if rule.cap is None else Money(rule.cap, currency)
    given = [Money(0, currency) for _ in rule.shares]
    base, lines = Money(0, currency), []
    for receipt in _received(scenario):
        base += Money(receipt.amount, currency)
        parts = proceeds.commission(base, rate=rule.rate, shares=rule.shares, given=given, cap=cap)
        given = [before + part for before, part in zip(given, parts, strict=True)]
        total = sum(part.minor for part in parts)
        lines.append(
            {"on": receipt.on.isoformat(), "amount": total, "shares": [part.minor for part in parts]}
        )
    return lines


def _distribution(agreed: Terms, scenario: Scenario) -> dict[str, Any]:
    """The cumulative distribution after all receipts, and the least that the law gives the team."""
    said, currency, received = scenario.distribution, agreed.currency, _received(scenario)
    moved = [
        proceeds.Movement(Money(each.amount, currency), Money(each.direct_cost, currency))
        for each in received
    ]
    net = proceeds.distributable(moved, currency)
    answer: dict[str, Any] = {"net": net.minor}
    if said.tiers:
        tiers = [
            proceeds.ShareTier(tier.shares, None if tier.up_to is None else Money(tier.up_to, currency))
            for tier in said.tiers
        ]
        return answer | {"shares": [part.minor for part in proceeds.distribute_in_tiers(tiers, net)]}
    rule = proceeds.DistributionRule(
        team=said.team, staff_of_retained=said.staff_of_retained, inventors=said.inventors
    )
    shares = proceeds.distribute(rule, net)
    problems = rule.problems(scenario.until)
    return answer | {
        "team": shares.team.minor,
        "inventors": [part.minor for part in shares.inventors],
        "staff": shares.staff.minor,
        "unit": shares.unit.minor,
        "floor": proceeds.floor_amount(net, scenario.until).minor,
        "problems": [{"code": code, "source": source} for code, source in problems],
    }


def _voucher(scenario: Scenario) -> list[dict[str, Any]]:
    said = scenario.voucher
    rule = next((rule for rule in RULES if rule.key == said.rule), None)
    if rule is None:
        choices = ", ".join(rule.key for rule in RULES)
        raise TermsError([Problem("voucher.rule", "not_a_choice", {"choices": choices})])
    lines = [ServiceLine(line.on, line.kind, Money(line.amount)) for line in said.lines]
    found = redeem(rule, lines, {used.year: Money(used.amount) for used in said.used})
    return [
        {
            "on": one.line.on.isoformat(),
            "kind": one.line.kind,
            "amount": one.amount.minor,
            "reason": one.reason,
        }
        for one in found
    ]
