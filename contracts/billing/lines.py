"""What an invoice line says, in both languages: the element, the part, the period."""

from contracts.billing.charging import terms_of
from contracts.billing.models import Charge

KINDS = {
    "lump_sum": ("许可使用费（一次总付）", "Licence fee (lump sum)"),
    "entry_fee": ("入门费", "Entry fee"),
    "milestone": ("里程碑付款", "Milestone payment"),
    "instalments": ("许可使用费分期", "Licence fee instalment"),
    "royalty": ("提成", "Royalty"),
    "yearly_fee": ("年费", "Yearly fee"),
    "minimum": ("最低年提成差额", "Shortfall of the minimum annual royalty"),
    "interest": ("逾期利息", "Late-payment interest"),
    "": ("许可费", "Licence fee"),
}


def line_text(charge: Charge, lang: str) -> str:
    english = lang.startswith("en")
    kind = "interest"
    if charge.kind != Charge.Kind.INTEREST:
        terms = terms_of(charge)
        element = terms.element(charge.element_id) if terms else None
        kind = element.kind if element else ""
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
    if charge.kind == Charge.Kind.ADJUSTMENT:
        return f"Correction: {text}, {days}" if english else f"调整：{text}，{days}"
    return f"{text}, {days}" if english else f"{text}，{days}"
