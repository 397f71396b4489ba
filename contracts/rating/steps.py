"""What each step of a working means: inputs and their kinds, formula, source, and its words in both languages.

Kinds: money (minor units), quantity (money, or a number of the working's unit), rate (0.03, or a price per
unit), number, percent, date, text, deduction.
"""

from __future__ import annotations

from typing import NamedTuple

ART_846 = "Civil Code art. 846 / 《民法典》第八百四十六条"
AGREED = "Agreed terms / 合同约定"


class Meaning(NamedTuple):
    inputs: tuple[tuple[str, str], ...]
    formula: str
    zh: str
    en: str
    kind: str = "money"
    source: str = AGREED
    rounding: str = ""


DEDUCTION_NAMES = {
    "vat": ("增值税", "VAT"),
    "returns": ("退货", "returns"),
    "freight": ("运费", "freight"),
    "insurance": ("保险费", "insurance"),
    "discounts": ("折扣", "discounts"),
    "customs": ("关税", "customs duties"),
    "packaging": ("包装费", "packaging"),
}

STEPS: dict[str, Meaning] = {
    "trigger": Meaning(
        (("on", "date"), ("by", "text")),
        "trigger",
        "付费触发条件于 {on} 成就。",
        "The payment trigger fired on {on}.",
        kind="date",
    ),
    "agreed": Meaning((), "amount", "约定金额为 {value}。", "The agreed amount is {value}.", source=ART_846),
    "instalment": Meaning(
        (("total", "money"), ("share", "percent")),
        "total × share",
        "分期款：{total} × {share} = {value}。",
        "Instalment: {total} × {share} = {value}.",
        source=ART_846,
    ),
    "last_instalment": Meaning(
        (("total", "money"), ("before", "money")),
        "total − before",
        "最后一期取余额：{total} − {before} = {value}。",
        "The last instalment takes the remainder: {total} − {before} = {value}.",
        source=ART_846,
    ),
    "nil": Meaning(
        (),
        "0",
        "零申报：本期无使用量。",
        "Nil report: nothing was used in this period.",
        kind="quantity",
    ),
    "reported": Meaning((), "reported", "本期申报数为 {value}。", "Reported: {value}.", kind="quantity"),
    "rows": Meaning(
        (("rows", "number_plain"),),
        "Σ rows",
        "{rows} 行申报数合计 {value}。",
        "{rows} reported rows sum to {value}.",
        kind="quantity",
    ),
    "sales": Meaning(
        (("invoiced", "money"),),
        "invoiced − deductions",
        "开票额（含税）{invoiced} 减去约定的扣减项，得 {value}。",
        "Invoiced {invoiced} incl. VAT less the agreed deductions gives {value}.",
        source=ART_846,
    ),
    "deduction": Meaning(
        (("name", "deduction"),), "− deduction", "扣减{name} {value}", "less {name} {value}", source=ART_846
    ),
    "combination": Meaning(
        (("own", "money"), ("other", "money")),
        "base × A ÷ (A + B)",
        "组合产品按 A/(A+B) 分摊（A = {own}，B = {other}），基数为 {value}。",
        "Combination product, A/(A+B) with A = {own} and B = {other}: the base is {value}.",
        kind="quantity",
    ),
    "part_above": Meaning(
        (("part", "percent"),),
        "base × part above the threshold",
        "仅就超过触发阈值的部分计费（{part}），基数为 {value}。",
        "Only the part above the trigger's threshold is charged ({part}): the base is {value}.",
        kind="quantity",
    ),
    "free_rows": Meaning(
        (("before", "date"),),
        "rows before the first chargeable day",
        "{before} 之前的使用属于免费使用，不计费。",
        "Use before {before} is free and not charged.",
        kind="text",
    ),
    "pro_rated_quantity": Meaning(
        (("quantity", "quantity"), ("months", "number_plain")),
        "quantity × months ÷ 12",
        "不足一年，{quantity} 按 {months}/12 折算为 {value}。",
        "A broken year: {quantity} × {months}/12 = {value}.",
        kind="quantity",
    ),
    "baseline": Meaning(
        (("cumulative", "quantity"), ("baseline", "quantity"), ("before", "quantity")),
        "max(cumulative − baseline, 0) − max(before − baseline, 0)",
        "窗口内累计 {cumulative}（此前 {before}），超过基准值 {baseline} 的新增部分为 {value}。",
        "Cumulative {cumulative} in the window ({before} before); above the baseline {baseline} the new part "
        "is {value}.",
        kind="quantity",
        source=ART_846,
    ),
    "free": Meaning(
        (("cumulative", "quantity"), ("free", "quantity"), ("before", "quantity")),
        "max(cumulative − free, 0) − max(before − free, 0)",
        "累计 {cumulative}（此前 {before}），免费额度 {free}，应计费部分为 {value}。",
        "Cumulative {cumulative} ({before} before), of which {free} are free; chargeable: {value}.",
        kind="quantity",
    ),
    "loss_kept": Meaning(
        (("result", "quantity"), ("carried", "quantity")),
        "carried loss + loss of the period",
        "本期为亏损 {result}，不计费；结转亏损累计 {carried}。",
        "The period shows a loss of {result}: nothing is charged; the loss carried forward is {carried}.",
    ),
    "loss_lost": Meaning(
        (("result", "quantity"),),
        "max(result, 0)",
        "本期为负数 {result}，不计费；合同未约定结转。",
        "The period is negative ({result}): nothing is charged; carrying is not agreed.",
    ),
    "loss_used": Meaning(
        (("result", "quantity"), ("used", "quantity"), ("left", "quantity")),
        "result − carried loss",
        "本期 {result} 先弥补结转亏损 {used}（剩余 {left}），基数为 {value}。",
        "Of {result}, {used} makes up losses carried ({left} left): the base is {value}.",
        kind="quantity",
    ),
    "loss_brought": Meaning(
        (("loss", "quantity"),),
        "result − carried loss",
        "以前窗口结转的亏损 {loss} 计入本窗口，基数为 {value}。",
        "A loss of {loss} carried from before enters this window: the base is {value}.",
        kind="quantity",
    ),
    "rate": Meaning(
        (("base", "quantity"), ("rate", "rate")),
        "base × rate",
        "{base} × {rate} = {value}。",
        "{base} × {rate} = {value}.",
        source=ART_846,
    ),
    "rate_of_year": Meaning(
        (("base", "quantity"), ("year", "number_plain"), ("rate", "rate")),
        "base × rate of the year",
        "第 {year} 年费率：{base} × {rate} = {value}。",
        "Rate of year {year}: {base} × {rate} = {value}.",
        source=ART_846,
    ),
    "tier": Meaning(
        (("from", "quantity"), ("to", "quantity"), ("rate", "rate")),
        "(to − from) × rate",
        "阶梯：累计 {from} 至 {to} 的部分 × {rate} = {value}。",
        "Tier: the part from {from} to {to} × {rate} = {value}.",
    ),
    "whole": Meaning(
        (("cumulative", "quantity"), ("before", "quantity"), ("rate", "rate")),
        "R(cumulative) − R(before)",
        "累计 {cumulative}（此前 {before}）所达档位费率 {rate} 适用于全部累计额，本期增加 {value}。",
        "At {cumulative} ({before} before) the rate reached, {rate}, applies to everything; this adds {value}.",
    ),
    "window": Meaning(
        (("cumulative", "money"), ("charged", "money")),
        "royalty of the window − already charged",
        "窗口内累计提成 {cumulative}，减去已计 {charged}，得 {value}。",
        "Cumulative royalty in the window {cumulative} less {charged} already charged: {value}.",
    ),
    "not_negative": Meaning(
        (("exact", "money"),),
        "max(exact, 0)",
        "结果为负（{exact}），按零计。",
        "The result is negative ({exact}) and counts as zero.",
    ),
    "stacking": Meaning(
        (("royalty", "money"), ("available", "money"), ("floor", "money"), ("carried", "money")),
        "max(royalty − offset, floor)",
        "许可费叠加抵扣：提成 {royalty}，可抵扣 {available}，下限 {floor}，抵扣后 {value}；结转抵扣额 {carried}。",
        "Stacking: royalty {royalty}, offset available {available}, floor {floor}, so {value}; offset carried "
        "{carried}.",
    ),
    "days": Meaning(
        (("amount", "money"), ("days", "number_plain"), ("of", "number_plain")),
        "amount × days ÷ year",
        "年费按日计算：{amount} × {days}/{of} = {value}。",
        "Yearly fee by days: {amount} × {days}/{of} = {value}.",
    ),
    "round": Meaning(
        (),
        "round half up",
        "四舍五入至最小货币单位：{value}。",
        "Rounded once, half up: {value}.",
        rounding="half up to the minor unit, once per charge",
    ),
    "credit": Meaning(
        (("before", "money"), ("used", "money"), ("left", "money"), ("fee", "text")),
        "max(before − credit, 0)",
        "以入门费（{fee}）抵扣 {used}（剩余 {left}），应付 {value}。",
        "Entry fee ({fee}) credited: {used} ({left} left), payable {value}.",
        source=ART_846,
    ),
    "yearly_cap": Meaning(
        (("before", "money"), ("cap", "money"), ("charged", "money"), ("id", "text")),
        "min(before, cap − charged)",
        "年度封顶 {cap}，本年已计 {charged}：{before} 降为 {value}。",
        "Yearly cap {cap}, {charged} charged this year: {before} becomes {value}.",
    ),
    "life_cap": Meaning(
        (("before", "money"), ("cap", "money"), ("charged", "money"), ("id", "text")),
        "min(before, cap − charged)",
        "终身封顶 {cap}，此前已计 {charged}：{before} 降为 {value}。",
        "Lifetime cap {cap}, {charged} charged before: {before} becomes {value}.",
    ),
    "pro_rated_minimum": Meaning(
        (("minimum", "money"), ("months", "number_plain")),
        "minimum × months ÷ 12, rounded",
        "不足一年，最低提成 {minimum} 按 {months}/12 折算为 {value}。",
        "A broken year: the minimum {minimum} × {months}/12 = {value}.",
        rounding="half up to the minor unit, before anything is credited",
    ),
    "excess": Meaning(
        (("minimum", "money"), ("carried", "money")),
        "max(minimum − excess of the year before, 0)",
        "上年超出最低提成 {carried}，本年最低提成由 {minimum} 降为 {value}。",
        "The excess of the year before, {carried}, lowers the minimum from {minimum} to {value}.",
    ),
    "shortfall": Meaning(
        (("minimum", "money"), ("charged", "money")),
        "max(minimum − charged, 0)",
        "最低提成 {minimum}，窗口内已计 {charged}，差额 {value}。",
        "Minimum {minimum}, charged in the window {charged}: the shortfall is {value}.",
    ),
    "interest_months": Meaning(
        (("amount", "money"), ("rate", "percent"), ("months", "number_plain")),
        "amount × rate × months",
        "逾期利息：{amount} × {rate} × {months} 个月 = {value}。",
        "Late-payment interest: {amount} × {rate} × {months} months = {value}.",
    ),
    "interest_days": Meaning(
        (("amount", "money"), ("rate", "percent"), ("days", "number_plain")),
        "amount × rate × days",
        "逾期利息：{amount} × {rate} × {days} 天 = {value}。",
        "Late-payment interest: {amount} × {rate} × {days} days = {value}.",
    ),
    "interest_parts": Meaning(
        (("own", "money"), ("others", "money")),
        "own + others",
        "{own}，加上其他部分的利息 {others}，合计 {value}。",
        "{own} and {others} on the other parts: {value} in all.",
    ),
    "interest_before": Meaning(
        (("total", "money"), ("before", "money")),
        "total − before",
        "{total} 减去此前已计收的利息 {before}，得 {value}。",
        "{total} less {before} of interest charged before: {value}.",
    ),
    "interest_settled": Meaning(
        (("charged", "money"), ("back", "money")),
        "charged − back",
        "付清时各部分分别四舍五入，合计少 {back}：{charged} 减为 {value}。",
        "At settlement the parts, each rounded, come to {back} less: {charged} becomes {value}.",
    ),
    "gap": Meaning(
        (("found", "money"), ("reported", "money"), ("share", "percent")),
        "(found − reported) ÷ found",
        "审计核定应付 {found}，已报 {reported}，少报 {value}，占应付额的 {share}。",
        "The audit found {found} due against {reported} reported: a gap of {value}, {share} of what was due.",
    ),
    "audit_cost": Meaning(
        (("cost", "money"), ("threshold", "percent")),
        "cost where the gap reaches the threshold, else 0",
        "审计费用 {cost}；差额达到 {threshold} 时由被许可方承担，故其承担 {value}。",
        "Audit cost {cost}: the licensee bears it from a gap of {threshold} on, here {value}.",
    ),
}
