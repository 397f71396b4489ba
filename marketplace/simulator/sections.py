"""What an answer says besides its charges, as small tables: interest, audit, VAT, commission, distribution, voucher."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from marketplace.money import Money


@dataclass(frozen=True)
class Section:
    title: str
    head: tuple[str, ...]
    rows: list[tuple[str, ...]]
    sentences: tuple[str, ...] = ()


def sections_of(answer: dict[str, Any], currency: str) -> list[Section]:
    """Those that the answer has, in its order."""
    makers = {
        "corrections": _corrections,
        "interest": _interest,
        "audit": _audit,
        "vat": _vat,
        "commission": _commission,
        "distribution": _distribution,
        "voucher": _voucher,
    }

    def money(minor: int) -> str:
        return Money(minor, currency).format()

    return [make(answer[name], money) for name, make in makers.items() if answer.get(name)]


def _sentences(working: dict[str, Any]) -> tuple[str, ...]:
    return tuple(working["en" if (get_language() or "").startswith("en") else "zh"])


def _interest(lines, money) -> Section:
    head = (_("On"), _("Since"), _("Until"), _("Interest"))
    rows = [(money(line["principal"]), line["since"], line["to"], money(line["amount"])) for line in lines]
    told = tuple(sentence for line in lines for sentence in _sentences(line["working"]))
    return Section(_("Interest for late payment"), head, rows, told)


def _corrections(found, money) -> Section:
    head = (_("Period"), _("Charged before"), _("Now"), _("Adjustment"))
    rows = [
        (f"{one['start']} – {one['end']}", money(one["before"]), money(one["now"]), money(one["amount"]))
        for one in found["adjustments"]
    ]
    return Section(_("Corrections"), head, rows)


def _audit(found, money) -> Section:
    head = (_("Gap"), _("Cost borne by the licensee"), _("Together"))
    rows = [(money(found["gap"]), money(found["cost_borne"]), money(found["total"]))]
    return Section(_("Audit"), head, rows, _sentences(found["working"]))


def _vat(lines, money) -> Section:
    head = (_("Period"), _("Net"), _("VAT"), _("Gross"))
    rows = [
        (f"{one['start']} – {one['end']}", money(one["net"]), money(one["tax"]), money(one["gross"]))
        for one in lines
    ]
    return Section(_("Value added tax"), head, rows)


def _commission(lines, money) -> Section:
    head = (_("Received on"), _("Commission"), _("Shared by the brokers"))
    rows = [
        (one["on"], money(one["amount"]), " · ".join(money(part) for part in one["shares"])) for one in lines
    ]
    return Section(_("Commission"), head, rows)


def _distribution(found, money) -> Section:
    head = (_("Share"), _("Amount"))
    rows = [(_("To be distributed"), money(found["net"]))]
    if "shares" in found:
        rows += [
            (_("share %(number)s") % {"number": number}, money(part))
            for number, part in enumerate(found["shares"], 1)
        ]
        return Section(_("Distribution"), head, rows)
    rows.append((_("Team"), money(found["team"])))
    rows += [
        (_("inventor %(number)s") % {"number": number}, money(part))
        for number, part in enumerate(found["inventors"], 1)
    ]
    rows += [
        (_("Transfer staff"), money(found["staff"])),
        (_("Unit"), money(found["unit"])),
        (_("At least to the team by law"), money(found["floor"])),
    ]
    return Section(_("Distribution"), head, rows)


def _voucher(lines, money) -> Section:
    head = (_("On"), _("Voucher"))
    return Section(_("Voucher"), head, [(one["on"], money(one["amount"])) for one in lines])
