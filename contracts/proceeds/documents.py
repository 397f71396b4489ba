"""The statement of a payout (分配清单): made once, kept with its hash."""

import hashlib
from decimal import Decimal

from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import translation

from contracts.billing.unprinted import SECONDS, Unprinted, print_waiting
from contracts.proceeds.models import Payout
from marketplace.documents import render_pdf
from marketplace.money import Money

STATING = 0x7374617465  # the name of an advisory lock


def statement_data(payout: Payout) -> dict:
    """What the paper states, in both languages; sums as text."""
    share = payout.share
    if share is None:
        row = payout.commission
        contract, amounts = (
            row.contract,
            [("收款（不含税） / Receipt without VAT", Money(row.base_minor, row.currency))],
        )
        amounts.append((f"佣金比例 / Rate of commission：{(row.rate * 100).normalize():f} %", payout.amount))
        date_ = row.arose_on
    else:
        distribution = share.distribution
        contract, currency = distribution.contract, distribution.currency
        working = distribution.working
        date_ = distribution.notice_from
        amounts = [
            ("到账（不含税） / Receipts without VAT", Money(distribution.receipt_minor, currency)),
            ("直接成本 / Direct costs", Money(-distribution.cost_minor, currency)),
            ("本次净收入 / Net income of this distribution", Money(distribution.net_minor, currency)),
        ]
        team = f"{(Decimal(working['team_share']) * 100).normalize():f}"
        parts = {"INVENTOR": 0, "STAFF": 0, "UNIT": 0}
        for row in distribution.shares.all():
            parts[row.kind] += row.amount_minor
        if share.kind == "INVENTOR":
            amounts.append(("团队部分 / Part of the team", Money(parts["INVENTOR"], currency)))
        else:
            retained = Money(parts["STAFF"] + parts["UNIT"], currency)
            amounts.append(("留存部分 / Retained part", retained))
        label = {
            "INVENTOR": f"团队 / Team {team} %，本人 / own {(share.share * 100).normalize():f} %",
            "STAFF": f"留存部分的 / of the retained part {(share.share * 100).normalize():f} %",
        }[share.kind]
        amounts.append((label, payout.amount))
    return {
        "title": "收益分配清单 / Statement of payout",
        "number": f"{contract.number}-{payout.pk}",
        "issued": date_,
        "payee": payout.payee_name,
        "payer": payout.payer.name_zh or payout.payer.name_en,
        "contract": contract.number,
        "subject": contract.title,
        "rows": [[label, str(amount)] for label, amount in amounts],
        "total": str(payout.amount),
    }


@transaction.atomic
def make_statement(payout: Payout) -> Payout:
    """Print and keep the statement of a payout, once. A second caller waits for the row of `Unprinted` and gets the
    first one's."""
    Unprinted.objects.filter(kind="payout", paper=payout.pk).delete()
    payout = Payout.objects.select_related(
        "share__distribution__contract", "commission__contract", "payer"
    ).get(pk=payout.pk)
    if payout.statement:
        return payout
    with translation.override("zh-hans"):
        content = render_pdf("contracts/payout_statement", statement_data(payout))
    payout.statement_sha256 = hashlib.sha256(content).hexdigest()
    payout.statement.save(f"payout-{payout.pk}.pdf", ContentFile(content), save=False)
    payout.save(update_fields=["statement", "statement_sha256"])
    return payout


PRINTERS = {"payout": lambda pk: make_statement(Payout.objects.get(pk=pk))}


def make_missing_statements(seconds: float = SECONDS) -> bool:
    """Make what is missing; whether more waits."""
    return print_waiting(PRINTERS, lock=STATING, seconds=seconds)
