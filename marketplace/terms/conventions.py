"""The sentences of the conventions, said in every contract: code → (Chinese, English). Pure, like phrases.py."""

from __future__ import annotations

CONVENTIONS: dict[str, tuple[str, str]] = {
    "k_months": (
        "月份按对应日计算，当月无对应日的取该月最后一日，始终自原起算日连续计算。",
        "Months run to the same day, clamped to the month's last day, always from the original date.",
    ),
    "k_years": (
        "公历年度自 1 月 1 日至 12 月 31 日；许可年度自合同生效日及其每一周年日起算；各期应收归入其期末日所在的年度。",
        "A calendar year runs from 1 January to 31 December, a licence year from the effective date and its "
        "anniversaries; a period belongs to the year in which it ends.",
    ),
    "k_first": (
        "条件成就之日即为首个计费日（如自 2026-01-15 起免费 12 个月，最后免费日为 2027-01-14）；此约定依《民法典》第二百零四条，不适用第二百零一至二百零三条的期间计算。",
        "The day on which a condition is met is the first chargeable day (12 months free from 2026-01-15: the last "
        "free day is 2027-01-14). This is agreed under Civil Code art. 204, in place of arts 201–203.",
    ),
    "k_last": (
        "期间按《民法典》第二百零一至二百零三条计算：对应日为期间的最后一日，次日起计费。",
        "Periods are counted by Civil Code arts 201–203: the corresponding day is still free, the next is charged.",
    ),
    "k_threshold": (
        "阈值自申报数首次达到（≥）之行的期末日起视为达到，此后退货不影响；报告被更正的除外。",
        "A threshold counts as reached on the last day of the reported row that reaches it (≥); later returns do not "
        "undo it, a corrected report does.",
    ),
    "k_round": (
        "计算过程保留精确值，每笔应收只四舍五入一次至最小货币单位，其后再适用抵扣、最低额和封顶。",
        "Values stay exact and each charge is rounded once, half up, to the minor unit; credits, minima and caps "
        "then work on the rounded charge.",
    ),
    "k_order": (
        "同一期间内的顺序：提成 → 叠加抵扣 → 入门费抵扣 → 年度封顶 → 终身封顶；年度终了再计最低提成差额，差额再受终身封顶限制。",
        "Order inside a period: royalty, stacking offset, entry-fee credit, yearly cap, lifetime cap; at the year's "
        "end the shortfall of the minimum, then the lifetime cap again.",
    ),
    "k_window": (
        "报告期短于年度窗口的，每期应收为该窗口的累计应收减去窗口内已计收的金额，不低于零。",
        "Where periods are shorter than a yearly window, each is charged the window's cumulative amount less what "
        "was already charged in it, never below zero.",
    ),
    "k_correct": (
        "更正以全部重新计算减去已出账的差额进行，已开具的账单不作修改。",
        "Corrections rate everything again and charge or credit the difference; nothing issued is edited.",
    ),
    "k_versions": (
        "条款变更的，使用量按其发生之日有效的版本计费，累计值延续；固定年费按日适用各版本，最低提成适用年度终了时有效的版本，分期款的最后一期补足至约定总额。",
        "After an amendment, use is rated by the version in force on its own dates, and cumulative sums run on; a yearly "
        "fee follows by days, a minimum is that of the version in force at the end of its year, and the last instalment "
        "brings the sum to the amount.",
    ),
}
