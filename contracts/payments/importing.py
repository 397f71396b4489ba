"""Statement files: read first (dry run), then taken over, line by line and once."""

import hashlib
from dataclasses import dataclass

from django.core.files.base import ContentFile
from django.db import transaction
from django.utils.translation import gettext as _

from contracts.payments.layouts import layout_of
from contracts.payments.matching import propose
from contracts.payments.models import (
    BankAccount,
    Statement,
    StatementLine,
)
from contracts.payments.queries import open_invoices
from contracts.payments.services import confirm_line
from contracts.payments.statements import Row, read_statement
from contracts.payments.states import (
    STATEMENT_NEXT,
    LineState,
    StatementState,
)
from marketplace.audit.services import record
from marketplace.clock import now
from marketplace.organisations.acting import permit
from marketplace.refusals import check


@dataclass(frozen=True)
class RowReport:
    """What taking over a row means: `outcome` is new, taken, known, conflict or refused, `words` says why."""

    row: Row
    outcome: str
    words: str = ""


@transaction.atomic
def read_file(account: BankAccount, *, actor, name: str, content: bytes) -> Statement:
    """Keep a statement file and count what it would bring (dry run); nothing is taken over yet.

    Raises Refused when the file cannot be read in the account's layout.
    """
    permit(actor, "payment.confirm", account.organisation)
    statement = Statement(
        account=account, name=name, sha256=hashlib.sha256(content).hexdigest(), read_by=actor.user
    )
    rows = read_statement(name, content, layout_of(account.layout, account.columns), account.currency)
    _count(statement, _judge(account, rows))
    statement.file.save(name, ContentFile(content), save=False)
    statement.save()
    record(actor, "statement.read", statement, sha256=statement.sha256)
    return statement


def report(statement: Statement) -> list[RowReport]:
    """The dry run, row by row, against what the account holds now."""
    account = statement.account
    with statement.file.open("rb") as file:
        content = file.read()
    rows = read_statement(
        statement.name, content, layout_of(account.layout, account.columns), account.currency
    )
    return _judge(account, rows, statement)


def _judge(account: BankAccount, rows: list[Row], own: Statement | None = None) -> list[RowReport]:
    """What each row would bring, or has brought where it is a line of `own` by now."""
    references = [row.bank_reference for row in rows if not row.problem]
    known, taken = {}, set()
    for line in StatementLine.objects.filter(account=account, bank_reference__in=references):
        known[line.bank_reference] = (line.booked_on, line.amount_minor)
        if own is not None and line.statement_id == own.pk:
            taken.add(line.bank_reference)
    reports = []
    for row in rows:
        if row.problem:
            reports.append(RowReport(row, "refused", row.problem))
        elif row.bank_reference not in known:
            known[row.bank_reference] = (row.booked_on, row.amount_minor)
            reports.append(RowReport(row, "new"))
        elif known[row.bank_reference] != (row.booked_on, row.amount_minor):
            words = _("Another line has this bank reference, with another day or amount.")
            reports.append(RowReport(row, "conflict", words))
        elif row.bank_reference in taken:
            taken.remove(row.bank_reference)  # the same line a second time in the file was there already
            reports.append(RowReport(row, "taken"))
        else:
            reports.append(RowReport(row, "known", _("This line is there already.")))
    return reports


def _count(statement: Statement, reports: list[RowReport]) -> None:
    outcomes = [entry.outcome for entry in reports]
    statement.new_lines = outcomes.count("new")
    statement.known_lines = outcomes.count("known")
    statement.refused_lines = len(outcomes) - statement.new_lines - statement.known_lines


@transaction.atomic
def import_statement(statement: Statement, *, actor) -> Statement:
    """Take over the new lines of a statement; lines that are there already, in this file or another, stay as
    they are. Rows with a problem are left out and do not stop the others. Raises TransitionRefused the second
    time. Where the account's rule is on, lines whose code, amount and payer all fit are confirmed at once."""
    permit(actor, "payment.confirm", statement.account.organisation)
    account = BankAccount.objects.select_for_update().get(pk=statement.account_id)
    statement = Statement.objects.select_for_update().get(pk=statement.pk)
    check(statement.state, StatementState.IMPORTED, STATEMENT_NEXT)
    reports = report(statement)
    _count(statement, reports)
    lines = [
        StatementLine(
            account=account,
            statement=statement,
            bank_reference=row.bank_reference,
            booked_on=row.booked_on,
            amount_minor=row.amount_minor,
            currency=account.currency,
            payer_name=row.payer_name,
            payer_account=row.payer_account,
            note=row.note,
            state=LineState.OPEN if row.amount_minor > 0 else LineState.OUTGOING,
        )
        for row in (entry.row for entry in reports if entry.outcome == "new")
    ]
    StatementLine.objects.bulk_create(lines)
    statement.state, statement.imported_at = StatementState.IMPORTED, now()
    statement.save()
    record(actor, "statement.imported", statement, new=len(lines), refused=statement.refused_lines)
    if account.confirm_by_code:
        _confirm_exact(account, lines)
    return statement


def _confirm_exact(account: BankAccount, lines: list[StatementLine]) -> None:
    for line in lines:
        if line.amount_minor > 0:
            found = propose(line, list(open_invoices(account.organisation)))
            if found and found[0].is_exact:
                confirm_line(line, parts=found[0].parts, user=None, actor=None)
