"""From the short notes of the demo's listings to the inputs of `marketplace.terms.build`."""

from marketplace import terms as language
from marketplace.terms.build import build

TRIGGERS = {
    "first_income_or_12": {"trigger_join": "any", "trigger_months": "12", "trigger_event": "first_income"},
    "12_months": {"trigger_months": "12"},
    "6_months": {"trigger_months": "6"},
    "sales_threshold": {},
    "milestone_registration": {},
}
WORDS = {
    "first_income_or_12": (
        "使用满一年或取得首笔收入，以先到者为准",
        "after one year or at first income, whichever comes first",
    ),
    "12_months": ("合同生效满十二个月", "twelve months after effect"),
    "6_months": ("合同生效满六个月", "six months after effect"),
    "sales_threshold": ("累计净销售额达到约定数额", "when cumulative net sales reach the agreed sum"),
    "milestone_registration": ("达到约定的里程碑", "when the agreed milestone is reached"),
}
PAYMENT_FORM = {
    "ROYALTY": "ROYALTY",
    "ENTRY_ROYALTY": "ENTRY_ROYALTY",
    "DEFERRED": "DEFERRED",
    "INSTALMENTS": "INSTALMENTS",
    "MILESTONES": "MILESTONES",
    "UNITS": "ROYALTY",
    "FREE": "FREE",
}


def inputs_of(row: dict) -> dict[str, str]:
    """The form inputs that a listing's `form`, `amounts` and `trigger` stand for."""
    amounts, form = row["amounts"], row["form"]
    inputs = {
        "exclusivity": row["exclusivity"].lower(),
        "trial_months": str(row["free_months"]),
        "term_months": "60",
        "commitment": "contingent",
        "interest_day": "0.05",
        **TRIGGERS[row["trigger"]],
    }
    if form == "DEFERRED":
        inputs |= {"payment_form": "lump_sum", "amount": amounts["fee"]}
    elif form == "INSTALMENTS":
        inputs |= {"payment_form": "instalments", "amount": amounts["fee"]}
        shares = amounts["shares"]
        inputs |= (
            {"instalment_count": shares[6:]} if shares.startswith("equal:") else {"instalment_shares": shares}
        )
    elif form == "MILESTONES":
        inputs |= {
            "payment_form": "milestones",
            "milestone_1_name": "validation",
            "milestone_1_amount": amounts["validation"],
            "milestone_2_name": "launch",
            "milestone_2_amount": amounts["launch"],
            "milestone_3_name": "sales",
            "milestone_3_amount": amounts["sales"],
            "milestone_3_threshold": amounts["sales_at"],
        }
        inputs = {key: value for key, value in inputs.items() if not key.startswith("trigger_")}
    elif form == "UNITS":
        inputs |= {
            "payment_form": "per_unit",
            "unit_price": amounts["price"],
            "free_units": amounts["free_units"],
        }
    elif form == "FREE":
        inputs = {k: v for k, v in inputs.items() if not k.startswith("trigger_")} | {"payment_form": "free"}
    else:
        inputs |= {
            "payment_form": "entry_royalty" if form == "ENTRY_ROYALTY" else "royalty",
            "rate": amounts["rate"],
        }
        if "entry" in amounts:
            inputs |= {
                "entry_fee": amounts["entry"],
                "entry_creditable": "1",
                "entry_commitment": "contingent",
            }
        if "cap" in amounts:
            inputs["cap_life"] = amounts["cap"]
        if "minimum" in amounts:
            inputs["minimum"] = amounts["minimum"]
        if "threshold" in amounts:
            inputs["trigger_threshold"] = amounts["threshold"]
    return inputs


def terms_of(row: dict, **changes: str) -> language.Terms:
    return build(inputs_of(row) | changes)
