"""What an invoice line says, in both languages: the element, the part, the period."""

from contracts.billing.models import Charge
from contracts.lifecycle.models import LicenceContract
from marketplace.terms import TermsError

KINDS = {
    "lump_sum": ("许可使用费（一次总付）", "Licence fee (lump sum)"),
    "entry_fee": ("入门费", "Entry fee"),
    "milestone": ("里程碑付款", "Milestone payment"),
    "instalments": ("许可使用费分期", "Licence fee instalment"),
    "royalty": ("提成", "Royalty"),
    "yearly_fee": ("年费", "Yearly fee"),
    "minimum": ("最低年提成差额", "Shortfall of the minimum annual royalty"),
    "audit": ("查账费用", "Cost of the audit"),
    "interest": ("逾期利息", "Late-payment interest"),
    "": ("许可费", "Licence fee"),
}


BESIDE = {Charge.Kind.INTEREST: "interest", Charge.Kind.AUDIT: "audit"}  # what no element says


def line_texts(charge: Charge, contract: LicenceContract) -> tuple[str, str]:
    """(Chinese, English); `contract` with its versions, so that many charges of one read them once."""
    element = _element(charge, contract)
    return _text(charge, element, english=False), _text(charge, element, english=True)


def line_text(charge: Charge, lang: str) -> str:
    return line_texts(charge, charge.contract)[lang.startswith("en")]


def _element(charge: Charge, contract: LicenceContract):
    """The element that a charge was rated by; None for interest and audits, or when its version cannot be read."""
    if charge.kind in BESIDE:
        return None
    for version in contract.versions.all():
        if version.terms_hash == charge.terms_hash:
            try:
                return version.agreed_terms.element(charge.element_id)
            except TermsError:
                return None
    return None


def _text(charge: Charge, element, *, english: bool) -> str:
    kind = BESIDE.get(charge.kind) or (element.kind if element else "")
    text = KINDS[kind][english]
    if kind == "milestone" and element.name:
        text += f" · {element.name}"
    if charge.part:
        text += f" {charge.part}" if english else f"（第 {charge.part} 期）"
    days = (
        f"{charge.period_start}"
        if charge.period_start == charge.period_end
        else f"{charge.period_start} – {charge.period_end}"
        if english
        else f"{charge.period_start} 至 {charge.period_end}"
    )
    if charge.kind == Charge.Kind.INTEREST:  # "interest:" and the invoice that was paid late
        number = charge.element_id.partition(":")[2]
        text += f" on {number}" if english else f"（{number}）"
    if charge.before_minor is not None:
        return f"Correction: {text}, {days}" if english else f"调整：{text}，{days}"
    return f"{text}, {days}" if english else f"{text}，{days}"
