"""What a contract must add up to at every step of its life, and at its end."""

from __future__ import annotations

from django.db.models import Sum

from contracts import rating
from contracts.billing.documents import invoice_data
from contracts.billing.models import BILLABLE, ChargeState, CreditNoteLine, InvoiceLine, RatingRun
from contracts.billing.runs import recompute
from contracts.bundle.papers import facts_paper, terms_paper, usage_paper
from contracts.rating.result import Key
from contracts.usage.queries import rating_inputs
from marketplace.terms import VatMode, hash_of
from marketplace.terms.codec import write
from tests.contracts.billing.made import DAY, EFFECT
from tests.contracts.bundle.memory import load_verifier

VERIFIER = load_verifier()


class Checks:
    """What `Life` holds its contract against: its own record, one rating from scratch, and the program that licensees
    check their bills with, which shares no code with the product."""

    # --- what must hold -------------------------------------------------------------------------------------

    def scratch(self) -> rating.Rating:
        """One rating over what this test itself knows."""
        return rating.rate(*self.inputs(), self.on)

    def inputs(self):
        """(versions, facts, usage): what this test itself knows to have been accepted, confirmed and agreed."""
        contract = self.fresh()
        if contract.declined_on and not self.known["declined_on"]:
            self.known["declined_on"] = contract.trial_ends_on + DAY  # silence
        if contract.converted_on and not self.known["converted_on"]:
            self.known["converted_on"] = contract.trial_ends_on + DAY
        wind_down = getattr(contract, "wind_down", None)
        facts = rating.Facts(
            effective_on=EFFECT,
            delivered_on=EFFECT,
            trial_starts_on=contract.trial_starts_on,
            trial_ends_on=contract.trial_ends_on,
            extension_months=contract.extension_months,
            converted_on=self.known["converted_on"],
            declined_on=self.known["declined_on"],
            events=tuple(self.events.values()),
            accepted=tuple(rating.Period(*period) for period in self.accepted),
            closed=tuple(self.closed),
            terminated_on=contract.licence_ended_on,
            expires_on=contract.term_ends_on,
            sell_off_until=wind_down.sell_off_until if wind_down else None,
        )
        return self.versions, facts, self.reported_rows() + self.metered_rows()

    def sums(self) -> dict[Key, int]:
        """What was charged under each key so far."""
        return self._nets(self.contract.charges.exclude(kind="INTEREST"))

    def _nets(self, charges) -> dict[Key, int]:
        found: dict[Key, int] = {}
        for *key, minor in charges.values_list(
            "element_id", "part", "period_start", "period_end", "amount_minor"
        ):
            found[Key(*key)] = found.get(Key(*key), 0) + minor
        return found

    def check_charges(self) -> None:
        """What was charged under each key is what one rating from scratch says, unless a report is missing now."""
        answer = self.scratch()
        wanted = {charge.key: charge.minor for charge in answer.charges}
        stands = self.sums()
        held = {key for key in stands if key not in wanted and rating.corrections._waits(key, answer.waiting)}
        nothing = {key for key, minor in stands.items() if not minor and key not in wanted}
        got = {key: minor for key, minor in stands.items() if key not in held | nothing}
        assert got == wanted
        assert all(minor >= 0 for minor in stands.values())

    def check_papers(self) -> None:
        """Invoices minus credit notes are what stands as invoiced, to the fen; no invoice is credited twice."""
        rows = self.contract.charges.exclude(kind="INTEREST")
        lines = InvoiceLine.objects.filter(invoice__contract=self.contract).aggregate(s=Sum("price_minor"))[
            "s"
        ]
        notes = CreditNoteLine.objects.filter(credit_note__invoice__contract=self.contract)
        back = notes.aggregate(s=Sum("price_minor"))["s"]
        stands = rows.filter(state=ChargeState.INVOICED).aggregate(s=Sum("amount_minor"))["s"]
        assert (lines or 0) - (back or 0) == (stands or 0)
        for invoice in self.contract.invoices.all():
            assert sum(note.total_minor for note in invoice.credit_notes.all()) <= invoice.total_minor

        self.check_waivers()

    def check_lines(self) -> None:
        """Every charge of an invoice stands on its paper, and its total is their sum with the tax."""
        for invoice in self.contract.invoices.prefetch_related("lines__charge"):
            lines = invoice.lines.all()
            price = sum(line.price_minor for line in lines)
            assert [line.price_minor for line in lines] == [line.charge.amount_minor for line in lines]
            assert len(invoice_data(invoice)["lines"]) == len(lines)
            mode = self._in_force(invoice.issued_on).vat
            assert price == (invoice.total_minor if mode is VatMode.INCLUSIVE else invoice.net_minor)
            assert invoice.net_minor + invoice.vat_minor == invoice.total_minor

    def _in_force(self, on):
        past = [version for version in self.versions if version.effective_on <= on]
        return (past or self.versions)[-1].terms

    def check_terms(self) -> None:
        """Every charge names the terms by which it was rated: those in force on its day, or the last that knew it."""
        for charge in self.contract.charges.filter(kind="CHARGE"):
            terms = self.versions[charge.version_number - 1].terms
            assert charge.terms_hash == hash_of(terms)
            assert charge.due == write(terms.element(charge.element_id).due)
            begun = [v for v in self.versions if v.effective_on <= charge.dated_on]
            knew = [v.terms for v in begun if v.terms.element(charge.element_id)]
            assert terms == (knew or begun)[-1]

    def check_by_verifier(self) -> None:
        """The program that shares no code with the product comes to the same charges, by their days and exact sums."""
        versions, facts, usage = self.inputs()
        contract = VERIFIER.Contract(terms_paper(versions), facts_paper(facts), usage_paper(usage), self.on)
        computed = {
            key: (on, minor) for key, (on, minor, _exact) in VERIFIER.Rating(contract).charges.items()
        }
        charged = self.contract.charges.filter(kind__in=("CHARGE", "ADJUSTMENT"))
        sums = self._nets(charged)
        assert {key: minor for key, minor in sums.items() if minor} == {
            Key(*key): minor for key, (_on, minor) in computed.items() if minor
        }
        for charge in charged.filter(kind="CHARGE"):
            key = (charge.element_id, charge.part, charge.period_start, charge.period_end)
            assert key not in computed or charge.dated_on == computed[key][0]

    def check_waivers(self) -> None:
        """Of no element and period was more given back than asked for, nor more than was waived taken off a waiver."""
        rows = self.contract.charges.exclude(kind="INTEREST")
        assert all(minor >= 0 for minor in self._nets(rows.filter(state=ChargeState.WAIVED)).values())
        asked = self._nets(rows.exclude(state=ChargeState.WAIVED))
        assert all(minor >= 0 for minor in asked.values()), "what was waived is never credited"

    def check_nothing_left(self, ids: list[int], with_carried: bool) -> None:
        """Of what was to be issued nothing is left, save a reduction of something that is on no paper yet."""
        states = BILLABLE if with_carried else [ChargeState.APPROVED]
        left = self.contract.charges.filter(pk__in=ids, state__in=states).exclude(amount_minor=0)
        nets = self._nets(left)
        assert all(minor < 0 for minor in nets.values())
        on_paper = self.contract.charges.filter(invoice_line__isnull=False)
        assert nets.keys().isdisjoint(self._nets(on_paper))

    def check_runs(self) -> None:
        """Every run computes again to what it said, whatever became known since."""
        for run in RatingRun.objects.filter(contract=self.contract):
            again = recompute(run)
            assert (again.same_inputs, again.same_terms, again.same_result) == (True, True, True), run.pk

    def check_inputs(self) -> None:
        """What charging reads is what this test recorded."""
        versions, facts, rows = rating_inputs(self.fresh())
        assert set(facts.events) == set(self.events.values())
        assert len(rows) == len(self.reported_rows() + self.metered_rows())
        assert [v.effective_on for v in versions] == [v.effective_on for v in self.versions]

    def check_end(self) -> None:
        """The acceptance property."""
        self.check_charges()
        self.check_papers()
        self.check_lines()
        self.check_terms()
        self.check_by_verifier()
        self.check_runs()
        self.check_inputs()
        rows = self.contract.charges.exclude(kind="INTEREST")
        stuck = rows.filter(state__in=(ChargeState.ACCRUED, *BILLABLE)).exclude(amount_minor=0)
        assert not stuck.exists(), "everything that nobody stopped is on a paper"
        open_ = rows.exclude(state=ChargeState.INVOICED).aggregate(s=Sum("amount_minor"))["s"] or 0
        lines = InvoiceLine.objects.filter(invoice__contract=self.contract).aggregate(s=Sum("price_minor"))[
            "s"
        ]
        notes = CreditNoteLine.objects.filter(credit_note__invoice__contract=self.contract)
        back = notes.aggregate(s=Sum("price_minor"))["s"]
        assert (lines or 0) - (back or 0) + open_ == self.scratch().total.minor
