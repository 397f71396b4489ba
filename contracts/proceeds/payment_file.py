"""Payouts as a file for the bank: one layout for each bank, as data (data/payment_files.json)."""

import csv
import io
import json
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from django.db import transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from contracts.proceeds.models import PayeeAccount, Payout
from contracts.proceeds.states import PayoutState
from marketplace.audit.services import record
from marketplace.clock import now
from marketplace.organisations.acting import permit
from marketplace.organisations.models import Organisation
from marketplace.refusals import Incomplete, Refused
from marketplace.tables import disarmed  # a bank's clerk opens the file in a spreadsheet


@lru_cache(maxsize=1)
def file_layouts() -> dict[str, dict]:
    return json.loads((Path(__file__).parent / "data" / "payment_files.json").read_text("utf-8"))


def file_choices() -> list[tuple[str, str]]:
    english = (get_language() or "").startswith("en")
    return [(code, row["name_en" if english else "name_zh"]) for code, row in file_layouts().items()]


def payment_file(payer: Organisation, payouts: Sequence[Payout], code: str, *, actor) -> bytes:
    """The payouts that are due as a csv in a bank's layout.

    Raises Incomplete with the names of payees whose account is not known, Refused where a sum is negative (it is
    set off against the payee's next payout, not sent to a bank), paid already, or nothing is chosen.
    """
    permit(actor, "payout.confirm", payer)
    if code not in file_layouts():
        raise Refused(_("Choose a bank's layout."))
    if not payouts:
        raise Refused(_("Choose at least one payout of your organisation."))
    if any(
        row.amount_minor < 0 or row.state != PayoutState.DUE or row.payer_id != payer.pk for row in payouts
    ):
        raise Refused(_("Only sums that are due and above zero go into a payment file."))
    payees = {row.payee_key: row for row in payouts}
    accounts = {row.key: row for row in PayeeAccount.objects.filter(organisation=payer, key__in=payees)}
    missing = [
        _("The account of %(name)s is not recorded.") % {"name": row.payee_in_full}
        for key, row in payees.items()
        if key not in accounts
    ]
    if missing:
        raise Incomplete(missing, _("The payment file cannot be made yet."))
    layout = file_layouts()[code]
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([head for head, _field in layout["columns"]])
    for place, row in enumerate(payouts, start=1):
        account = accounts[row.payee_key]
        facts = {
            "place": place,
            "name": disarmed(row.payee_name),
            "number": account.number,
            "bank": disarmed(account.bank_name),
            "currency": row.currency,
            "amount": f"{row.amount.decimal:.2f}",
            "purpose": disarmed(f"成果转化收益 {row.pk}"),
        }
        writer.writerow([facts[field] for _head, field in layout["columns"]])
    record(actor, "payout.file_made", payer, payouts=[row.pk for row in payouts], layout=code)
    return text.getvalue().encode(layout["encoding"], errors="replace")


@transaction.atomic
def save_payee(payout: Payout, *, actor, bank_name: str, number: str) -> PayeeAccount:
    """Record or replace where the money of a payout's payee goes: this sum and every later one."""
    permit(actor, "payout.confirm", payout.payer)
    digits = "".join(number.split())
    account, _made = PayeeAccount.objects.update_or_create(
        organisation=payout.payer,
        key=payout.payee_key,
        defaults={
            "name": payout.payee_name,
            "bank_name": bank_name.strip(),
            "number": digits,
            "tail": digits[-4:],
            "changed_at": now(),
            "changed_by": actor.user,
        },
    )
    record(actor, "payee_account.saved", account, payout=payout.pk)
    return account
