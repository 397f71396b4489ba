"""Ready term sheets by payment form: the inputs a form starts from. Amounts are examples to be replaced."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .build import build
from .contract import Terms


@dataclass(frozen=True, slots=True)
class Preset:
    """A starting point for a form; `inputs` are those of build.py."""

    key: str
    zh: str
    en: str
    inputs: Mapping[str, Any]

    def title(self, lang: str = "zh-hans") -> str:
        return self.en if lang.startswith("en") else self.zh


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
        ),
        Preset(
            "option",
            "先用后转：试用满意后一次付清",
            "Try first: one sum on conversion",
            {"payment_form": "lump_sum", "commitment": "option", "amount": "100,000"},
        ),
        Preset(
            "year_or_income",
            "附条件支付：满一年或取得首笔收入时付款",
            "Conditional: after a year or on the first income",
            {"payment_form": "lump_sum", "amount": "80,000", **_YEAR_OR_INCOME},
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
        ),
        Preset(
            "royalty",
            "净销售额提成",
            "Royalty on net sales",
            {"payment_form": "royalty", "rate": "3", "trigger_months": "12"},
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
        ),
        Preset("free", "无偿许可", "Free licence", {"payment_form": "free"}),
    )
}


def preset(key: str, **changes: Any) -> Terms:
    """The terms of a preset, with inputs changed; raises KeyError or BuildError."""
    return build({**PRESETS[key].inputs, **changes})
