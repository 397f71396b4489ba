"""Which invoices a bank line is likely meant for, with the reasons; a person (or the account's rule) decides."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from contracts.billing.models import Invoice
from contracts.billing.numbering import valid_reference
from contracts.payments.models import StatementLine

_CODE = re.compile(r"UF[2-9A-HJ-NP-Z]{8}")
_NUMBER = re.compile(r"INV-\d{4}-\d{6}")
_NAME_NOISE = re.compile(
    r"[\s·.,，。()（）\-]|有限责任公司|股份有限公司|有限公司|co\.?,?\s*ltd\.?|limited|inc\.?", re.I
)


@dataclass(frozen=True)
class Proposal:
    """Parts for invoices, in order, that never exceed the line or what is open; `score` sorts, 100 is certain."""

    parts: tuple[tuple[Invoice, int], ...]
    score: int
    reasons: tuple[str, ...]
    rest_minor: int
    by_code: bool = False

    @property
    def is_exact(self) -> bool:
        """Whether code, amount and payer all fit: what the rule of an account may confirm by itself."""
        return self.by_code and self.score >= 100 and self.rest_minor == 0


@dataclass
class _Guess:
    invoices: list[Invoice]
    score: int
    reasons: list[str] = field(default_factory=list)
    by_code: bool = False


def codes_in(note: str) -> list[str]:
    """Reference codes with a right check sign, in the order of the note; spaces and dashes inside are forgiven."""
    plain = re.sub(r"[\s\-_.]", "", unicodedata.normalize("NFKC", note).upper())
    return list(dict.fromkeys(code for code in _CODE.findall(plain) if valid_reference(code)))


def numbers_in(note: str) -> list[str]:
    return list(dict.fromkeys(_NUMBER.findall(unicodedata.normalize("NFKC", note).upper())))


def same_name(stated: str, *names: str) -> bool:
    """Whether a bank's spelling of a name is one of an organisation's, company forms and signs left aside."""

    def bare(name: str) -> str:
        return _NAME_NOISE.sub("", unicodedata.normalize("NFKC", name).lower())

    wanted = bare(stated)
    return bool(wanted) and any(bare(name) == wanted for name in names if name)


def propose(line: StatementLine, invoices: Sequence[Invoice]) -> list[Proposal]:
    """Best proposal first. `invoices`: the issuer's open ones, annotated and in the order of their due dates."""
    invoices = [invoice for invoice in invoices if invoice.currency == line.currency]
    by_code = {invoice.reference_code: invoice for invoice in invoices}
    by_number = {invoice.number: invoice for invoice in invoices}
    codes = [by_code[code] for code in codes_in(line.note) if code in by_code]
    numbers = [by_number[number] for number in numbers_in(line.note) if number in by_number]
    payers = [i for i in invoices if same_name(line.payer_name, i.payer.name_zh, i.payer.name_en)]
    guesses = []
    if codes:
        guesses.append(_Guess(codes, 60, [_("The note holds the reference code.")], by_code=True))
    elif numbers:
        guesses.append(_Guess(numbers, 50, [_("The note holds the number of the invoice.")]))
    else:
        guesses += [_Guess([invoice], 0) for invoice in invoices if invoice.open_minor == line.amount_minor]
        if payers and len({invoice.payer_id for invoice in payers}) == 1:
            guesses.append(_Guess(payers, 0))
    found = {}
    for guess in guesses:
        proposal = _weigh(line, guess)
        key = tuple(invoice.pk for invoice, _part in proposal.parts)
        if proposal.parts and (key not in found or found[key].score < proposal.score):
            found[key] = proposal
    return sorted(found.values(), key=lambda proposal: -proposal.score)


def _weigh(line: StatementLine, guess: _Guess) -> Proposal:
    parts, rest = spread(line.amount_minor, guess.invoices)
    score, reasons = guess.score, list(guess.reasons)
    named = [invoice for invoice, _part in parts]
    if named and all(same_name(line.payer_name, i.payer.name_zh, i.payer.name_en) for i in named):
        score += 20
        reasons.append(_("The payer's name is the licensee's."))
    if named and rest == 0 and sum(invoice.open_minor for invoice in named) == line.amount_minor:
        score += 20
        reasons.append(
            _("The amount is exactly what is open.")
            if len(named) == 1
            else _("The amount is exactly what these invoices leave open together.")
        )
    elif rest:
        reasons.append(_("More was paid than is open; the rest waits."))
    else:
        reasons.append(_("It is a part of what is open."))
    return Proposal(tuple(parts), score, tuple(reasons), rest, guess.by_code)


def spread(amount_minor: int, invoices: Iterable[Invoice]) -> tuple[list[tuple[Invoice, int]], int]:
    """Fill invoices one after the other; what is left over comes back as the rest."""
    parts = []
    for invoice in invoices:
        part = min(amount_minor, invoice.open_minor)
        if part > 0:
            parts.append((invoice, part))
            amount_minor -= part
    return parts, amount_minor
