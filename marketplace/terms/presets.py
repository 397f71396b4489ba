"""Ready terms for every shape of payment: where a form starts from. Amounts are examples to be replaced."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .build import build
from .codec import read
from .contract import Terms
from .shapes import SHAPES


@dataclass(frozen=True, slots=True)
class Preset:
    """A starting point for a form, with a figure; made from `inputs` of build.py or from a whole `document`."""

    key: str
    zh: str
    en: str
    inputs: Mapping[str, Any]
    number: str = ""  # of the shape, D1 … D32; what no terms say (D27 – D31, D33) has none
    figures: tuple[str, str] = ("", "")
    document: Mapping[str, Any] | None = None

    def title(self, lang: str = "zh-hans") -> str:
        return self.en if lang.startswith("en") else self.zh

    def example(self, lang: str = "zh-hans") -> str:
        """What would be due in a case, in one line."""
        return self.figures[lang.startswith("en")]


_YEAR_OR_INCOME = {"trigger_join": "any", "trigger_months": "12", "trigger_event": "first_income"}

PRESETS: dict[str, Preset] = {
    preset.key: preset
    for preset in (
        Preset(
            "deferred",
            "延期支付：免费使用一年后一次付清",
            "Deferred: one sum after a free year",
            {
                "payment_form": "lump_sum",
                "commitment": "deferred_obligation",
                "trigger_months": "12",
                "amount": "100,000",
                "due_rule": "after_charge",
            },
            "D1",
            (
                "2026-01-15 生效：2027-01-15 应付 ¥100,000.00，2027-02-14 到期。",
                "In force 2026-01-15: ¥100,000.00 arise on 2027-01-15, due 2027-02-14.",
            ),
        ),
        Preset(
            "option",
            "先用后转：试用满意后一次付清",
            "Try first: one sum on conversion",
            {"payment_form": "lump_sum", "commitment": "option", "amount": "100,000"},
            "D1",
            (
                "转化则付 ¥100,000.00；不转化则 ¥0.00。",
                "¥100,000.00 on conversion; ¥0.00 without it.",
            ),
        ),
        Preset(
            "year_or_income",
            "附条件支付：满一年或取得首笔收入时付款",
            "Conditional: after a year or on the first income",
            {"payment_form": "lump_sum", "amount": "80,000", **_YEAR_OR_INCOME},
            "D2",
            (
                "2026-03-01 生效，2026-09-20 取得首笔收入：当日应付 ¥80,000.00。",
                "In force 2026-03-01, first income 2026-09-20: ¥80,000.00 arise that day.",
            ),
        ),
        Preset(
            "instalments",
            "分期支付",
            "Instalments",
            {
                "payment_form": "instalments",
                "commitment": "deferred_obligation",
                "amount": "300,000",
                "instalment_shares": "30/30/40",
                "trigger_months": "12",
            },
            "D3",
            (
                "¥300,000.00 按 30/30/40 %：¥90,000.00、¥90,000.00、¥120,000.00。",
                "¥300,000.00 as 30/30/40 %: ¥90,000.00, ¥90,000.00, ¥120,000.00.",
            ),
        ),
        Preset(
            "milestones",
            "里程碑节点支付",
            "Milestones",
            {
                "payment_form": "milestones",
                "milestone_1_name": "validation",
                "milestone_1_amount": "50,000",
                "milestone_2_name": "launch",
                "milestone_2_amount": "100,000",
                "milestone_3_name": "sales",
                "milestone_3_amount": "150,000",
                "milestone_3_threshold": "5,000,000",
            },
            "D4",
            (
                "验证 ¥50,000.00，上市 ¥100,000.00，累计销售达 ¥5,000,000.00 再付 ¥150,000.00。",
                "Validation ¥50,000.00, launch ¥100,000.00, ¥150,000.00 when sales reach ¥5,000,000.00.",
            ),
        ),
        Preset(
            "entry_royalty",
            "入门费加提成，设最低年提成和封顶",
            "Entry fee and royalty, with minimum and cap",
            {
                "payment_form": "entry_royalty",
                "entry_commitment": "option",
                "entry_fee": "50,000",
                "entry_creditable": True,
                "rate": "4",
                "minimum": "20,000",
                "minimum_pro_rate": "month_counts",
                "cap_life": "500,000",
                **_YEAR_OR_INCOME,
            },
            "D10",
            (
                "入门费 ¥50,000.00 可抵扣；首季销售 ¥1,000,000.00 提成 4 %：抵扣后 ¥0.00。",
                "Entry fee ¥50,000.00, credited; 4 % of ¥1,000,000.00 in the first quarter: ¥0.00 after credit.",
            ),
        ),
        Preset(
            "royalty",
            "净销售额提成",
            "Royalty on net sales",
            {"payment_form": "royalty", "rate": "3", "trigger_months": "12"},
            "D5",
            (
                "净销售额 ¥2,300,000.00：¥69,000.00。",
                "Net sales ¥2,300,000.00: ¥69,000.00.",
            ),
        ),
        Preset(
            "tiers",
            "阶梯提成",
            "Royalty in tiers",
            {
                "payment_form": "royalty",
                "tier_1_up_to": "10,000,000",
                "tier_1_rate": "5",
                "tier_2_up_to": "30,000,000",
                "tier_2_rate": "3",
                "tier_3_rate": "1",
                "trigger_months": "12",
            },
            "D9",
            (
                "此前累计 ¥8,000,000.00，本期 ¥6,000,000.00：¥220,000.00。",
                "¥8,000,000.00 before, ¥6,000,000.00 this period: ¥220,000.00.",
            ),
        ),
        Preset(
            "per_unit",
            "按件计费",
            "Price per unit",
            {
                "payment_form": "per_unit",
                "unit_price": "2.50",
                "free_units": "1000",
                "trigger_months": "12",
            },
            "D17",
            (
                "12,480 件，前 1,000 件免费，每件 ¥2.50：¥28,700.00。",
                "12,480 units, the first 1,000 free, ¥2.50 each: ¥28,700.00.",
            ),
        ),
        Preset(
            "yearly_fee",
            "固定年费",
            "Fixed yearly fee",
            {
                "payment_form": "yearly_fee",
                "commitment": "option",
                "yearly_amount": "36,500",
            },
            "D21",
            (
                "使用 100 天即结束：¥10,000.00。",
                "Ended after 100 days: ¥10,000.00.",
            ),
        ),
        Preset(
            "free",
            "无偿许可",
            "Free licence",
            {"payment_form": "free"},
            "D22",
            ("任何情形：¥0.00。", "In any case: ¥0.00."),
        ),
    )
}
PRESETS |= {
    one.key: Preset(one.key, one.zh, one.en, {}, one.number, (one.example_zh, one.example_en), one.document)
    for one in SHAPES
}


def in_order() -> list[Preset]:
    """By the number of the shape; compositions last."""
    return sorted(PRESETS.values(), key=lambda one: int(one.number[1:] or 99))


def preset(key: str, **changes: Any) -> Terms:
    """The terms of a preset, with inputs changed (those that are made from inputs only); raises KeyError or
    BuildError."""
    ready = PRESETS[key]
    if ready.document is not None and not changes:
        return read(dict(ready.document))
    return build({**ready.inputs, **changes})
