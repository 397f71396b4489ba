"""One contract living through anything, step by step through the real services.

`Life` keeps its own record of what was accepted, confirmed, voided and agreed, so that the rating from scratch at the
end does not read the tables that charging reads; `checks` holds what it must add up to.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import date, timedelta
from decimal import Decimal
from types import SimpleNamespace

from django.db import transaction

from contracts import rating
from contracts.billing import decisions
from contracts.billing.charge_steps import ContractBilling
from contracts.billing.charging import charge_contract
from contracts.billing.invoicing import issue_invoices
from contracts.billing.models import BILLABLE, SETTLED, WATCHED, ChargeState
from contracts.lifecycle import services as lifecycle
from contracts.lifecycle.models import LicenceContract
from contracts.usage import services as usage
from contracts.usage.meters import reported_figures, terms_on
from contracts.usage.models import UsageReport
from contracts.usage.queries import rated_row
from contracts.usage.services import Draft, RowInput
from contracts.usage.states import DUE, ReportState
from marketplace.clock import at
from marketplace.refusals import Refused
from marketplace.terms import Terms
from marketplace.terms.dates import add_months
from tests.contracts.billing.checks import Checks
from tests.contracts.billing.feed import Feed
from tests.contracts.billing.made import DAY, EFFECT, contract_of


class Life(Feed, Checks):
    """The contract and this test's own record of what counts. Every step happens at a later moment."""

    def __init__(self, world: SimpleNamespace, terms: Terms) -> None:
        super().__init__()
        self.world = world
        self.contract = contract_of(world, terms)
        self.on = EFFECT + DAY
        self.accepted: dict[tuple[date, date], list[rating.UsageRow]] = {}
        self.events: dict[int, rating.Happened] = {}
        self.versions = [rating.TermsVersion(EFFECT, terms)]
        self.known: dict = {"converted_on": None, "declined_on": None, "terminated_on": None}

    def at(self):
        return at(self.on)

    def fresh(self) -> LicenceContract:
        self.contract = LicenceContract.objects.with_parties().get(pk=self.contract.pk)
        return self.contract

    # --- time, usage -------------------------------------------------------------------------------------

    def pass_days(self, days: int) -> None:
        self.on += timedelta(days=days)
        with self.at():
            lifecycle.activate_due(self.contract)
            usage.schedule_reports(self.contract)

    def open_reports(self) -> list[UsageReport]:
        return list(self.contract.reports.filter(state__in=DUE).order_by("period_start", "pk"))

    def accepted_reports(self) -> list[UsageReport]:
        found = self.contract.reports.filter(state=ReportState.ACCEPTED, amended_by=None)
        return list(found.order_by("period_start", "pk"))

    def billed_reports(self) -> list[UsageReport]:
        """Those whose period is on an invoice."""
        billed = self.contract.charges.filter(invoice_line__isnull=False)
        ends = set(billed.values_list("period_end", flat=True))
        return [report for report in self.accepted_reports() if report.period_end in ends]

    def accept(self, report: UsageReport, figures) -> None:
        """Submit and accept a report; `figures(meter, piece)` gives each figure in minor units (or 0)."""
        with self.at():
            rows = [row for piece in self.pieces(report) for row in self.rows(report, piece, figures)]
            self._accept(report, rows)

    def _accept(self, report: UsageReport, rows: list[RowInput]) -> None:
        usage.submit_report(report, actor=self.world.reporter, draft=Draft(rows=rows, is_nil=not rows))
        usage.accept_report(report, actor=self.world.officer)
        stored = UsageReport.objects.get(pk=report.pk).rows.all()
        self.accepted[report.period_start, report.period_end] = [rated_row(row) for row in stored]

    def pieces(self, report: UsageReport) -> list[tuple[date, date]]:
        """A period by calendar months, cut where versions change: most triggers and amendments fall between rows."""
        cuts = {version.effective_on for version in self.versions}
        begins, found = report.period_start, []
        while begins <= report.period_end:
            ends = min(add_months(begins.replace(day=1), 1) - DAY, report.period_end)
            ends = min([cut - DAY for cut in cuts if begins < cut <= ends], default=ends)
            found.append((begins, ends))
            begins = ends + DAY
        return found

    def rows(self, report, piece, figures) -> list[RowInput]:
        begins, ends = piece
        found = []
        for meter in reported_figures(terms_on(self.contract, report.period_end)):
            amount = figures(meter.name, piece)
            if not amount:
                continue
            span = {"period_start": begins, "period_end": ends}
            if meter.is_sales:
                found.append(RowInput("sales", components={"invoiced_incl_vat": abs(amount)}, **span))
            else:
                amount = amount if meter.name == "profit" else abs(amount)
                found.append(RowInput(meter.name, quantity=Decimal(amount), **span))
        return found

    def amend(self, report: UsageReport, figures) -> None:
        with self.at():
            amended = usage.amend_report(report, actor=self.world.reporter)
        self.accept(amended, figures)

    def split(self, report: UsageReport, cut: date) -> None:
        """Amend a report so that no row lies on both sides of a day."""
        with self.at():
            amended = usage.amend_report(report, actor=self.world.reporter)
            rows = []
            for row in report.rows.all():
                rows += _cut(row, cut)
            self._accept(amended, rows)

    # --- facts, terms, end ---------------------------------------------------------------------------------

    def happen(self, name: str, back: int, *, confirm: bool) -> None:
        with self.at():
            fact = lifecycle.record_fact(
                self.contract, actor=self.world.officer, name=name, on=self.on - timedelta(days=back)
            )
            if fact.state == "RECORDED" and confirm:
                fact = lifecycle.confirm_fact(fact, actor=self.world.signatory)
            if fact.state == "CONFIRMED":
                self.events[fact.pk] = rating.Happened(fact.name, fact.on)

    def confirm(self, place: int) -> None:
        waiting = list(self.contract.facts.filter(state="RECORDED").order_by("pk"))
        if waiting:
            with self.at():
                fact = lifecycle.confirm_fact(waiting[place % len(waiting)], actor=self.world.signatory)
            self.events[fact.pk] = rating.Happened(fact.name, fact.on)
            if fact.replaces_id:
                self.events.pop(fact.replaces_id, None)

    def void(self, place: int) -> None:
        alive = list(self.contract.facts.exclude(state="VOID").order_by("pk"))
        if alive:
            with self.at():
                fact = lifecycle.void_fact(alive[place % len(alive)], actor=self.world.officer, reason="误录")
            self.events.pop(fact.pk, None)

    def replace(self, place: int, back: int) -> None:
        alive = list(self.contract.facts.exclude(state="VOID").filter(replaced_by=None).order_by("pk"))
        if alive:
            old = alive[place % len(alive)]
            with self.at():
                lifecycle.record_fact(
                    self.contract, actor=self.world.officer, name=old.name,
                    on=self.on - timedelta(days=back), replaces=old,
                )  # fmt: skip

    def decide(self, converts: bool) -> None:
        with self.at():
            decision = lifecycle.decide(
                self.contract,
                actor=self.world.signatory,
                choice="CONVERT" if converts else "DECLINE",
                proof="password",
            )
        self.known["converted_on" if converts else "declined_on"] = decision.on

    def end_early(self) -> None:
        """The licensor notifies a breach, waits for the cure in vain, and terminates."""
        with self.at():
            lifecycle.notify_breach(
                self.contract, actor=self.world.uni_signatory, kind="OTHER", words="擅自转让"
            )
        self.pass_days(61)
        with self.at():
            lifecycle.terminate(self.contract, actor=self.world.uni_signatory, reason="逾期未改正")

    def invalidate(self, back: int) -> None:
        with self.at():
            lifecycle.invalidate(
                self.contract,
                actor=self.world.officer,
                on=self.on - timedelta(days=back),
                reason="专利被宣告无效",
            )

    def amend_terms(self, terms: Terms, *, in_days: int, wait: int) -> None:
        """Proposed by the licensor, agreed and signed by both, some days later; it holds from its day, at the earliest
        from the last signature."""
        world = self.world
        with self.at():
            amendment = lifecycle.propose_amendment(
                self.contract, actor=world.officer, terms=terms, effective_on=self.on + timedelta(days=in_days),
                reason="市场变化",
            )  # fmt: skip
            lifecycle.answer_amendment(amendment, actor=world.signatory, agreed=True)
        self.pass_days(wait)
        amendment.refresh_from_db()
        with self.at():
            for actor in (world.uni_signatory, world.signatory):
                digest = amendment.document.sha256
                lifecycle.sign_amendment(amendment, actor=actor, document_hash=digest, proof="password")
        amendment.refresh_from_db()
        begins = max(amendment.effective_on, self.on, self.versions[-1].effective_on + DAY)
        self.versions.append(rating.TermsVersion(begins, terms))

    def extend(self, months: int) -> None:
        with self.at():
            asked = lifecycle.ask_extension(
                self.contract, actor=self.world.reporter, months=months, reason="中试未完成"
            )
            lifecycle.answer_extension(asked, actor=self.world.officer, granted=True)

    # --- money ---------------------------------------------------------------------------------------------

    def charge(self) -> None:
        with self.at():
            charge_contract(self.contract)
            if not self.fresh().disputed:
                assert charge_contract(self.contract) == []
                self.check_charges()

    def approve(self, place: int, many: bool) -> None:
        ids = list(
            self.contract.charges.filter(state=ChargeState.ACCRUED)
            .order_by("pk")
            .values_list("pk", flat=True)
        )
        if ids:
            chosen = ids if many else [ids[place % len(ids)]]
            with self.at():
                decisions.approve_charges(self.contract, actor=self.world.finance, ids=chosen)

    def issue(self, place: int, many: bool, with_carried: bool) -> None:
        ids = list(
            self.contract.charges.filter(state__in=BILLABLE).order_by("pk").values_list("pk", flat=True)
        )
        chosen = None if many or not ids else [ids[place % len(ids)]]
        with self.at():
            issue_invoices(self.contract, actor=self.world.finance, ids=chosen, with_carried=with_carried)
        if not self.fresh().disputed:
            self.check_nothing_left(ids if chosen is None else chosen, with_carried)

    def judge(self, how: str, place: int) -> None:
        """One decision about one charge that is not settled."""
        rows = self.contract.charges.exclude(state__in=SETTLED).order_by("pk")
        if how in ("release", "refuse"):
            rows = rows.filter(state__in=WATCHED)
        elif how in ("withdraw", "uphold"):
            rows = rows.filter(state=ChargeState.DISPUTED)
        rows = list(rows)
        if not rows:
            return
        charge, world = rows[place % len(rows)], self.world
        with self.at():
            if how == "release":
                decisions.release_charge(charge, actor=world.finance)
            elif how == "refuse":
                decisions.refuse_charge(charge, actor=world.finance, reason="数字有误")
            elif how == "dispute":
                decisions.dispute_charge(charge, actor=world.reporter, reason="有异议")
            elif how == "withdraw":
                decisions.withdraw_charge_dispute(charge, actor=world.reporter)
            elif how == "uphold":
                decisions.uphold_charge(charge, actor=world.finance, reason="依据合同")
            else:
                decisions.waive_charge(charge, actor=world.finance, reason="减免")

    def waive_and_lower(self, place: int, figures) -> None:
        """Waive what was charged for a period, and amend its report."""
        with self.at():
            charge_contract(self.contract)
        reports = {report.period_end: report for report in self.accepted_reports()}
        rows = self.contract.charges.exclude(state__in=SETTLED).filter(amount_minor__gt=0).order_by("pk")
        rows = [row for row in rows if row.period_end in reports]
        if rows:
            charge = rows[place % len(rows)]
            with self.at():
                decisions.waive_charge(charge, actor=self.world.finance, reason="减免")
            self.amend(reports[charge.period_end], figures)
            self.charge()

    def carry(self, minor: int) -> None:
        ContractBilling.objects.update_or_create(
            contract=self.contract, defaults={"carry_below_minor": minor, "set_by": self.world.finance.user}
        )

    def quarrel(self) -> None:
        with self.at():
            if self.fresh().disputed:
                lifecycle.settle_dispute(self.contract, actor=self.world.signatory)
            else:
                lifecycle.raise_dispute(self.contract, actor=self.world.signatory, reason="有争议")

    # --- the end ----

    def finish(self, figures, moved, corrected) -> None:
        """Settle quarrels, report what is missing, split what must be split, bill it and carry a correction on; after
        the end waive a charge and lower it, bill the rest; then correct a report and a fact that were billed, and bill
        again."""
        if self.fresh().disputed:
            self.quarrel()
        self._complete(figures)
        self._bill()
        self.carry(10_000_000)
        for report in self.billed_reports()[-1:]:
            self.amend(report, moved)
            self._complete(figures)
            self._bill()
        over = max(self.on, self.contract.term_ends_on + timedelta(days=400))
        self.pass_days((over - self.on).days)
        self._complete(figures)
        with suppress(Refused), transaction.atomic():
            self.waive_and_lower(0, lambda *_: 0)
        self._complete(figures)
        self._bill()
        self._correct(corrected)
        self._complete(figures)
        self._bill()

    def _correct(self, figures) -> None:
        """An event, the first report, and the oldest fact moved to another day, as far as the rules let it."""
        self.void_event(0)
        for report in (self.billed_reports() or self.accepted_reports())[:1]:
            self.amend(report, figures)
        with suppress(Refused), transaction.atomic():
            self.replace(0, 700)
            self.confirm(0)

    def _complete(self, figures) -> None:
        for _round in range(60):
            self.charge()
            self.pass_days(1)
            self.close()
            for report in self.open_reports():
                self.accept(report, figures)
            self.charge()
            waiting = self.scratch().waiting
            if not waiting:
                break
            self._answer(waiting)
        assert not self.scratch().waiting
        self.check_charges()

    def _bill(self) -> None:
        """Everything; what was carried on goes out by itself once the contract's term is over."""
        for _twice in range(2):
            self.approve(0, many=True)
            self.issue(0, many=True, with_carried=False)

    def _answer(self, waiting) -> None:
        for wait in waiting:
            if wait.reason != "split_needed":
                continue
            cut = date.fromisoformat(wait.detail)
            for report in self.accepted_reports():
                if any(row.period_start < cut <= row.period_end for row in report.rows.all()):
                    self.split(report, cut)
                    return


def _cut(row, cut: date) -> list[RowInput]:
    """One stored row as one or two inputs; whole minor units are divided without loss."""
    if not row.period_start < cut <= row.period_end:
        return [_share(row, row.period_start, row.period_end, lambda total: total)]
    return [
        _share(row, row.period_start, cut - DAY, lambda total: total // 2),
        _share(row, cut, row.period_end, lambda total: total - total // 2),
    ]


def _share(row, begins: date, ends: date, part) -> RowInput:
    components = row.components and {name: part(value) for name, value in row.components.items()}
    quantity = None if row.quantity is None else Decimal(part(int(row.quantity)))
    return RowInput(
        row.meter,
        quantity=quantity,
        components=components,
        product=row.product,
        period_start=begins,
        period_end=ends,
    )
