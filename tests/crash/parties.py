"""People of both sides who act while servers are killed: they agree and sign amendments of contracts that a run is just
charging, confirm receipts, and give money back. Each asks until it is acknowledged, and keeps what was. A kill rarely falls
between commit and answer, so about every other acknowledgement is taken for lost, and asked for again."""

import re
import urllib.parse
import urllib.request
from collections import Counter
from datetime import date
from random import Random
from time import sleep

from django.db.models import Sum
from django.urls import reverse

from contracts.billing.charging import charge_contract
from contracts.billing.decisions import approve_charges
from contracts.billing.invoicing import issue_invoices
from contracts.billing.models import Charge, ChargeState, CreditNote, Invoice, RatingRun
from contracts.billing.runs import recompute
from contracts.lifecycle import services as lifecycle
from contracts.lifecycle.models import Amendment, LicenceContract
from contracts.payments.models import Allocation, Payment, StatementLine
from marketplace.audit.models import AuditEvent
from marketplace.clock import today
from tests.bench.many import FIRST, copies
from tests.contracts.billing.made import contract_of
from tests.contracts.payments import world as made
from tests.contracts.rating.samples import lump, sheet
from tests.crash.senders import Patient

EFFECT = date(2026, 1, 15)
BEFORE, AFTER = 100_000, 120_000  # what an amended contract owes by its old and by its new terms
RECEIVED, GIVEN_BACK = 40_000, 10_000
HASH = re.compile(r'name="document_hash" value="([0-9a-f]{64})"')


def contracts_to_amend(world, count: int, *, ours, theirs) -> list:
    """Contracts that owe a sum today, and an amendment of each that holds from today and raises it. Of those that a run
    over all comes to last it lacks the licensee's signature alone; these come first. Of the others it is just proposed."""
    due = {"kind": "date", "on": today().isoformat()}
    found = [contract_of(world, sheet(lump("1000", trigger=due)), on=EFFECT) for _ in range(count // 2)]
    ids = copies(found[0], count - len(found), first=2 * FIRST)
    late = LicenceContract.objects.filter(pk__in=ids).order_by("pk")
    found = [*late, *found]
    for contract in found:
        amendment = lifecycle.propose_amendment(
            contract,
            actor=world.officer,
            terms=sheet(lump("1200", trigger=due)),
            effective_on=today(),
            reason="涨价",
        )
        if contract.pk in ids:
            amendment = lifecycle.answer_amendment(amendment, actor=theirs, agreed=True)
            digest = amendment.document.sha256
            lifecycle.sign_amendment(amendment, actor=ours, document_hash=digest, proof="password")
    return found


def bills_to_settle(world, contracts) -> list[tuple[int, int]]:
    """(bank line, invoice) of contracts that are billed, and part of the money is there."""
    found = []
    for contract in contracts:
        charge_contract(contract)
        _approve_and_issue(world, contract)
        found.append((made.bank_line(world, f"{RECEIVED / 100:.2f}").pk, contract.invoices.get().pk))
    return found


def _approve_and_issue(world, contract) -> None:
    ids = list(contract.charges.filter(state=ChargeState.ACCRUED).values_list("pk", flat=True))
    approve_charges(contract, actor=world.finance, ids=ids)
    issue_invoices(contract, actor=world.finance)


class _Party(Patient):
    def __init__(self, address, stop):
        super().__init__(address, stop)
        self.chance = Random(type(self).__name__)

    def ask(self, opener, request):
        status, body = super().ask(opener, request)
        if status == 302 and self.chance.random() < 0.5:
            self.answers["lost"] += 1
            return "lost", b""
        return status, body

    def post(self, opener, path: str, headers: dict, form: dict) -> bool:
        """Until it is acknowledged; done already (409) counts only where an earlier answer never came."""
        doubtful = False
        while not self.stop_.is_set():
            data = urllib.parse.urlencode(form).encode()
            status, _body = self.ask(opener, urllib.request.Request(self.address + path, data, headers))
            if status == 302 or (status == 409 and doubtful):
                return True
            doubtful = True
            sleep(0.05)
        return False


class Amender(_Party):
    """The licensee agrees, both sides sign."""

    def __init__(self, address, opener, contracts, ours: dict, theirs: dict, stop):
        super().__init__(address, stop)
        self.opener, self.ours, self.theirs = opener, ours, theirs
        self.numbers = [contract.number for contract in contracts]
        self.signed = {contract.number for contract in contracts if contract.amendments.get().document_id}
        self.acknowledged: list[str] = []

    def run(self):
        for number in self.numbers:
            if (number in self.signed or self._agree(number)) and self._sign(number, self.theirs):
                self.acknowledged.append(number)

    def _agree(self, number: str) -> bool:
        path = reverse("amendment_answer", args=[number, 1])
        agreed = self.post(self.opener, path, self.theirs, {"answer": "agree"})
        return agreed and self._sign(number, self.ours)

    def _sign(self, number: str, headers: dict) -> bool:
        path, doubtful = reverse("amendment_sign", args=[number, 1]), False
        while not self.stop_.is_set():
            status, body = self.ask(self.opener, urllib.request.Request(self.address + path, None, headers))
            if status == 409 and doubtful:
                return True  # signed: the answer to that was lost
            if status == 200:
                digest = HASH.search(body.decode())
                form = {"document_hash": digest[1], "agreed": "on"}
                request = urllib.request.Request(
                    self.address + path, urllib.parse.urlencode(form).encode(), headers
                )
                if self.ask(self.opener, request)[0] == 302:
                    return True
                doubtful = True
            sleep(0.05)
        return False


class Cashier(_Party):
    """The licensor's finance confirms a receipt for a part of each invoice, and credits another."""

    def __init__(self, address, opener, bills, headers: dict, stop):
        super().__init__(address, stop)
        self.opener, self.bills, self.headers = opener, bills, headers
        self.acknowledged: list[int] = []

    def run(self):
        for line, invoice in self.bills:
            part = {f"part_{invoice}": f"{RECEIVED / 100:.2f}"}
            credit = {"price": f"{GIVEN_BACK / 100:.2f}", "reason": "折让"}
            if self.post(
                self.opener, reverse("receipt_confirm", args=[line]), self.headers, part
            ) and self.post(self.opener, reverse("invoice_credit", args=[invoice]), self.headers, credit):
                self.acknowledged.append(invoice)


def amendments_are_whole(world, contracts, amender: Amender) -> Counter:
    """Each acknowledged amendment is in force, once; and what its contract was billed is what the new terms ask for,
    whichever came first. How many were charged before it, how many after."""
    assert sorted(amender.acknowledged) == sorted(amender.numbers)
    found: Counter = Counter()
    for contract in contracts:
        amendment = Amendment.objects.get(contract=contract)
        assert (amendment.state, contract.versions.count()) == ("EFFECTIVE", 2)
        signed = AuditEvent.objects.filter(verb="amendment.signed", target_id=str(amendment.pk))
        assert sorted(event.data["side"] for event in signed) == ["LICENSEE", "LICENSOR"]
        charge_contract(contract)
        _approve_and_issue(world, contract)
        assert charge_contract(contract) == []
        amounts = list(
            Charge.objects.filter(contract=contract).order_by("pk").values_list("amount_minor", flat=True)
        )
        assert amounts in ([AFTER], [BEFORE, AFTER - BEFORE])
        billed = Invoice.objects.filter(contract=contract).aggregate(net=Sum("net_minor"))["net"]
        assert billed == AFTER
        assert all(recompute(run).agrees for run in RatingRun.objects.filter(contract=contract))
        found["after" if len(amounts) == 1 else "before"] += 1
    return found


def money_is_whole(cashier: Cashier) -> int:
    """Each receipt was confirmed and each credit note issued once."""
    assert sorted(cashier.acknowledged) == sorted(invoice for _line, invoice in cashier.bills)
    lines = StatementLine.objects.filter(pk__in=[line for line, _invoice in cashier.bills])
    assert set(lines.values_list("state", flat=True)) == {"CONFIRMED"}
    assert Payment.objects.count() == lines.count() == len(cashier.bills)
    settled = Allocation.objects.values_list("invoice_id", "amount_minor")
    assert sorted(settled) == sorted((invoice, RECEIVED) for invoice in cashier.acknowledged)
    notes = CreditNote.objects.order_by("sequence")
    assert [note.sequence for note in notes] == list(range(1, len(notes) + 1))
    assert sorted(note.invoice_id for note in notes) == sorted(cashier.acknowledged)
    assert {note.net_minor for note in notes} == {GIVEN_BACK}
    return len(notes)
