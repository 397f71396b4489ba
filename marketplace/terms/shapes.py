"""Ready terms for each shape of payment, as documents, with a figure each. Amounts are examples to be replaced."""

from __future__ import annotations

from typing import Any, NamedTuple


class Shape(NamedTuple):
    """A shape of payment: `number` in the specification of billing shapes, its terms, a figure in both languages."""

    key: str
    number: str
    zh: str
    en: str
    document: dict[str, Any]
    example_zh: str
    example_en: str


def _after(months: int, anchor: str = "effect") -> dict[str, Any]:
    return {"kind": "after", "months": months, "anchor": anchor}


_INCOME = {"kind": "event", "name": "first_income"}
_TRIAL = {"trial": {"months": 12}}


def _royalty(rate: Any, base: str = "net_sales", **more: Any) -> dict[str, Any]:
    rate = {"kind": "fixed", "rate": rate} if isinstance(rate, str) else rate
    return {
        "kind": "royalty", "id": "royalty", "commitment": "contingent", "trigger": _after(12), "base": base,
        "rate": rate, **more,
    }  # fmt: skip


def _minimum(*amounts: int, **more: Any) -> dict[str, Any]:
    return {
        "kind": "minimum", "id": "minimum", "commitment": "contingent", "counts": ["royalty"],
        "amounts": list(amounts), "trigger": _after(12),
        "due": {"kind": "fixed_day", "month": 1, "day": 31}, **more,
    }  # fmt: skip


def _terms(*elements: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {**_TRIAL, "elements": list(elements), **more}


def _lump(trigger: dict[str, Any], amount: int = 8_000_000) -> dict[str, Any]:
    return {"kind": "lump_sum", "id": "fee", "commitment": "contingent", "amount": amount, "trigger": trigger}


_EQUAL = {
    "kind": "instalments", "id": "fee", "commitment": "deferred_obligation", "amount": 10_000_000,
    "parts": [{"trigger": _after(months)} for months in (12, 18, 24)],
}  # fmt: skip
_TIERS_ABOVE = [{"rate": "0", "up_to": 2_000_000_000}, {"rate": "0.01"}]

SHAPES: tuple[Shape, ...] = (
    Shape(
        "year_and_income", "D2", "满一年且取得首笔收入时付款", "After a year and the first income, both",
        _terms(_lump({"kind": "all", "of": [_after(12), _INCOME]})),
        "2026-03-01 生效，2026-09-20 取得首笔收入：2027-03-01 应付 ¥80,000.00。",
        "In force 2026-03-01, first income 2026-09-20: ¥80,000.00 arise on 2027-03-01.",
    ),
    Shape(
        "equal_instalments", "D3", "等额分期", "Equal instalments", _terms(_EQUAL),
        "¥100,000.00 分三期：¥33,333.33、¥33,333.33、¥33,333.34。",
        "¥100,000.00 in three parts: ¥33,333.33, ¥33,333.33, ¥33,333.34.",
    ),
    Shape(
        "output_value", "D6", "新增产值提成", "Royalty on new output value",
        _terms(_royalty("0.01", "output_value", baseline={"quantity": 1_000_000_000})),
        "基准值 ¥10,000,000.00，产值 ¥13,500,000.00：¥35,000.00。",
        "Baseline ¥10,000,000.00, output ¥13,500,000.00: ¥35,000.00.",
    ),
    Shape(
        "profit", "D7", "利润提成，亏损结转", "Share of profit, losses carried",
        _terms(_royalty("0.1", "profit", loss_carry=True)),
        "各季利润 +800,000、−200,000、+500,000：¥80,000.00、¥0.00、¥30,000.00。",
        "Quarters of +800,000, −200,000, +500,000: ¥80,000.00, ¥0.00, ¥30,000.00.",
    ),
    Shape(
        "yearly_rates", "D8", "逐年递增的提成率", "Rates that rise year by year",
        _terms(_royalty({"kind": "yearly", "rates": ["0.01", "0.02", "0.03"]})),
        "每年净销售额 ¥2,000,000.00：¥20,000.00、¥40,000.00、¥60,000.00。",
        "Net sales of ¥2,000,000.00 each year: ¥20,000.00, ¥40,000.00, ¥60,000.00.",
    ),
    Shape(
        "minimum", "D11", "提成加最低年提成", "Royalty with a yearly minimum",
        _terms(_royalty("0.03"), _minimum(6_000_000)),
        "最低 ¥60,000.00，已计提成 ¥41,500.00：次年 1 月 31 日补 ¥18,500.00。",
        "Minimum ¥60,000.00, earned ¥41,500.00: ¥18,500.00 more by 31 January.",
    ),
    Shape(
        "minimum_carried", "D12", "最低年提成，超额可抵下一年", "Yearly minimum, excess lowers the next",
        _terms(_royalty("0.03"), _minimum(15_000_000, 30_000_000, carry_excess=True)),
        "首年最低 ¥150,000.00 而实付 ¥200,000.00：次年最低由 ¥300,000.00 降为 ¥250,000.00。",
        "¥200,000.00 paid on a minimum of ¥150,000.00: the next year's ¥300,000.00 become ¥250,000.00.",
    ),
    Shape(
        "minimum_pro_rated", "D13", "最低年提成，首年按月折算", "Yearly minimum, pro-rated in the first year",
        _terms(
            _royalty("0.03", trigger=_INCOME), _minimum(6_000_000, pro_rate="month_counts", trigger=_INCOME)
        ),
        "最低 ¥60,000.00，9 月 10 日首次收入：当年按 4/12 计 ¥20,000.00。",
        "Minimum ¥60,000.00, first income on 10 September: 4/12, ¥20,000.00.",
    ),
    Shape(
        "caps", "D14", "提成，年度封顶和终身封顶", "Royalty with a yearly cap and a cap for life",
        _terms(
            _royalty("0.03"),
            caps=[
                {"id": "cap_year", "counts": ["royalty"], "amount": 20_000_000, "span": "year"},
                {"id": "cap_life", "counts": ["royalty"], "amount": 50_000_000},
            ],
        ),
        "此前已付 ¥400,000.00，本年计 ¥230,000.00：只付 ¥100,000.00，即付清。",
        "¥400,000.00 paid before, ¥230,000.00 earned: ¥100,000.00, then paid up.",
    ),
    Shape(
        "stacking", "D15", "提成，第三方许可费可抵减", "Royalty with an offset of third-party royalties",
        _terms(_royalty("0.04", stacking={"offset": "0.5", "floor": "0.025"})),
        "净销售额 ¥10,000,000.00，第三方许可费 ¥400,000.00：不低于 2.5 %，付 ¥250,000.00，余 ¥50,000.00 结转。",
        "Sales ¥10,000,000.00, third parties ¥400,000.00: not below 2.5 %, ¥250,000.00; ¥50,000.00 carried.",
    ),
    Shape(
        "combination", "D16", "组合产品按价值折算", "Royalty on combination products",
        _terms(_royalty("0.03", combinations=[{"own": 80_000, "other": 120_000}])),
        "A ¥800、B ¥1,200，销售 ¥5,000,000.00：基数 ¥2,000,000.00，付 ¥60,000.00。",
        "A ¥800, B ¥1,200, sales ¥5,000,000.00: base ¥2,000,000.00, ¥60,000.00.",
    ),
    Shape(
        "sublicence", "D18", "分许可收入分成", "Share of sublicence income",
        _terms(_royalty("0.1", "sublicence_income"), sublicence_allowed=True),
        "分许可收入 ¥350,000.00：¥35,000.00。",
        "Sublicence income of ¥350,000.00: ¥35,000.00.",
    ),
    Shape(
        "threshold", "D19", "销售超过阈值后提成", "Royalty above a threshold of sales",
        _terms(_royalty({"kind": "tiers", "tiers": _TIERS_ABOVE, "span": "year"})),
        "阈值 ¥20,000,000.00，年销售 ¥25,000,000.00：就超出部分付 ¥50,000.00；全额方式为 ¥250,000.00。",
        "Threshold ¥20,000,000.00, sales ¥25,000,000.00: ¥50,000.00 on the excess; ¥250,000.00 on the whole.",
    ),
    Shape(
        "free_years", "D20", "前几年免费，之后设最低年费", "Free years, then a minimum",
        {
            "elements": [
                _royalty("0.042", trigger={"kind": "event", "name": "first_sale"}),
                _minimum(0, 0, 0, 300_000, year="licence", trigger=_after(0)),
            ],
            "report": {"every": "year", "year": "licence"},
        },
        "第二年销售 ¥100,000.00：¥4,200.00；第四年销售 ¥50,000.00：最低 ¥3,000.00。",
        "Year 2 sales ¥100,000.00: ¥4,200.00; year 4 sales ¥50,000.00: the minimum, ¥3,000.00.",
    ),
    Shape(
        "open_licence", "D23", "专利开放许可，一次总付", "Open licence of a patent, one sum",
        _terms(_lump(_after(12)), open_licence=True),
        "同一价格面向所有人；固定费用一般不高于 ¥20,000,000.00，超过时提示。",
        "One price for everybody; a fixed fee is usually not above ¥20,000,000.00, more is pointed out.",
    ),
    Shape(
        "interest", "D24", "净销售额提成，逾期按月计息", "Royalty, with interest on late payment",
        _terms(_royalty("0.03"), interest={"kind": "monthly", "rate": "0.01"}),
        "应付 ¥69,000.00，月息 1 %，逾期满两个月：¥1,380.00。",
        "¥69,000.00 two months late at 1 % a month: ¥1,380.00.",
    ),
    Shape(
        "audit", "D25", "净销售额提成，查账补缴", "Royalty, trued up after an audit",
        _terms(_royalty("0.03"), audit={"cost_shift_at": "0.1"},
               interest={"kind": "daily", "rate": "0.0005"}),
        "申报 ¥69,000.00，查实 ¥80,000.00，少报超过 10 %：补缴 ¥11,000.00，并承担审计费 ¥15,000.00。",
        "¥69,000.00 reported, ¥80,000.00 found, a gap above 10 %: ¥11,000.00 and the audit's cost of ¥15,000.00.",
    ),
    Shape(
        "deemed", "D26", "净销售额提成，缺报时推定申报", "Royalty, deemed figures while a report is missing",
        _terms(_royalty("0.03"), report={"deemed": {"days": 15, "basis": "last", "factor": "1.2"}}),
        "零申报：¥0.00；逾期 15 日仍未提交：按上期数字的 120 % 计费，补交后更正。",
        "A nil report: ¥0.00. Still missing after 15 days: 120 % of the last figures, corrected by the late report.",
    ),
    Shape(
        "with_vat", "D32", "一次总付，金额含增值税", "One sum, VAT included",
        _terms(_lump(_after(12), 10_000_000), vat="inclusive"),
        "含税 ¥100,000.00：登记免税的，税额 ¥0.00；否则按 6 % 为净额 ¥94,339.62、税额 ¥5,660.38。",
        "¥100,000.00 with VAT: registered and exempt, no tax; else, at 6 %, ¥94,339.62 net and ¥5,660.38 tax.",
    ),
    Shape(
        "two_royalties", "", "销售提成、里程碑与分许可分成并用", "Royalty, milestone and sublicence share together",
        _terms(
            {"kind": "milestone", "id": "launch", "commitment": "contingent", "name": "launch",
             "amount": 10_000_000, "trigger": {"kind": "event", "name": "milestone:launch", "attested_by": "both"}},
            _royalty("0.03", trigger={"kind": "any", "of": [_after(12), _INCOME]}),
            _royalty("0.1", "sublicence_income", id="sublicence"),
            sublicence_allowed=True,
            caps=[{"id": "cap_life", "counts": ["launch", "royalty", "sublicence"], "amount": 100_000_000}],
        ),
        "上市 ¥100,000.00，此后净销售额 3 %、分许可收入 10 %，合计不超过 ¥1,000,000.00。",
        "¥100,000.00 at launch, then 3 % of net sales and 10 % of sublicence income, ¥1,000,000.00 at most.",
    ),
)  # fmt: skip
