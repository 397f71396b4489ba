"""The sentences of the plain words: code → (Chinese, English). Pure, because contracts quote them."""

from __future__ import annotations

from .conventions import CONVENTIONS
from .gists import GISTS
from .names import KINDS, MONTHS, NAMES, REGIONS, TIMES

__all__ = ["KINDS", "MONTHS", "NAMES", "REGIONS", "SAY", "TIMES"]

SAY: dict[str, tuple[str, str]] = {
    # section titles
    "s_scope": ("许可范围", "Licence"),
    "s_trial": ("免费使用", "Free use"),
    "s_pay": ("付款", "Payments"),
    "s_limits": ("封顶", "Caps"),
    "s_reports": ("使用报告与查账", "Reports and inspection"),
    "s_due": ("税款、逾期与审计", "Tax, late payment and audit"),
    "s_counting": ("计算规则", "How things are counted"),
    "s_end": ("期满、违约与其他", "End, breach and the rest"),
    # scope
    "kind": ("许可方式：{kind}。", "Kind: {kind} licence."),
    "open": ("本许可为专利开放许可。", "It is an open licence (licence of right)."),
    "term": (
        "许可期限：自合同生效日起 {months} 个月。",
        "Term: {months} months from the effective date.",
    ),
    "fields": ("实施领域：{fields}。", "Field of use: {fields}."),
    "all_fields": ("实施领域：不限。", "Field of use: all fields."),
    "territory": ("地域：{territory}。", "Territory: {territory}."),
    "all_territory": ("地域：不限。", "Territory: everywhere."),
    "sublicence_yes": ("允许分许可。", "Sublicensing is allowed."),
    "sublicence_no": ("不允许分许可。", "Sublicensing is not allowed."),
    # trial
    "no_trial": ("没有免费使用期。", "There is no free-use period."),
    "trial": (
        "免费使用期 {months} 个月，自{anchor}起算。",
        "Use is free for {months} months from {anchor}.",
    ),
    "permitted": ("免费使用期内允许：{acts}。", "During free use these are permitted: {acts}."),
    "permitted_unsaid": (
        "免费使用期内允许的用途未作约定。",
        "What is permitted during free use is not said.",
    ),
    "extensions": (
        "经许可方同意最多可延长 {times}，每次不超过 {months} 个月；延长自原起算日连续计算，只推迟免费使用期的届满日，不改变其他日期。",
        "With the licensor's consent it may be extended at most {times}, each time by up to {months} months; an "
        "extension is counted from the original start, and moves the trial's end and nothing else.",
    ),
    "no_extension": ("不得延长。", "It cannot be extended."),
    "decision": (
        "转化决定：届满前 {days} 日起提示，被许可方最迟于免费使用期最后一日（含当日）作出决定；逾期未答复{silence}。",
        "Decision: from {days} days before the end until the last free day, inclusive, the licensee decides whether "
        "to convert; silence {silence}.",
    ),
    # commitment
    "c_option": (
        "仅在被许可方选择转化时支付；不转化则不付。",
        "It is owed only if the licensee converts; without conversion nothing is owed.",
    ),
    "c_deferred_obligation": (
        "该款自合同签署起即为欠付，仅付款日延后；不转化或合同终止不免除。",
        "It is owed from signature and only its date lies later; neither declining nor termination releases it.",
    ),
    "c_contingent": (
        "条件一经成就即应支付，条件未成就则不付；无需任何一方另作决定。",
        "It is owed when, and only when, its condition is met, whether or not anybody decides.",
    ),
    # when
    "when": ("付款条件：{trigger}。", "Condition: {trigger}."),
    "when_conversion": (
        "付款条件：被许可方作出转化决定。",
        "Condition: the licensee's decision to convert.",
    ),
    "when_after_trial": (
        "付款条件：自免费使用期届满次日起。",
        "Condition: from the day after the trial ends.",
    ),
    "when_effect": ("付款条件：自合同生效日起。", "Condition: from the effective date."),
    "any": ("以下任一条件最先成就之日：{parts}", "the earliest of: {parts}"),
    "all": ("以下条件全部成就之日：{parts}", "the day on which all of these have happened: {parts}"),
    "date": ("{on}", "{on}"),
    "after_0": ("{anchor}", "{anchor}"),
    "after_m": ("自{anchor}起满 {months} 个月", "{months} months after {anchor}"),
    "after_d": ("自{anchor}起满 {days} 日", "{days} days after {anchor}"),
    "after_md": (
        "自{anchor}起满 {months} 个月零 {days} 日",
        "{months} months and {days} days after {anchor}",
    ),
    "event": ("{name}（由{who}证明{evidence}）", "{name} (attested by {who}{evidence})"),
    "by_evidence": ("，凭{evidence}", ", by {evidence}"),
    "milestone": ("达成里程碑“{name}”", "milestone “{name}” reached"),
    "threshold_life": ("{meter}累计达到（≥）{amount}{free}", "cumulative {meter} reach (≥) {amount}{free}"),
    "threshold_year": (
        "{meter}在一个{year}内达到（≥）{amount}{free}",
        "{meter} reach (≥) {amount} within one {year}{free}",
    ),
    "threshold_period": (
        "{meter}在一个报告期内达到（≥）{amount}{free}",
        "{meter} reach (≥) {amount} within one reporting period{free}",
    ),
    "free_counts": ("，免费使用期内的数量计入", ", counting free use"),
    "free_not": ("，免费使用期内的数量不计入", ", not counting free use"),
    # due
    "due_invoice": ("付款期限：账单开具后 {days} 日内。", "Payable within {days} days after the invoice."),
    "due_charge": ("付款期限：应收日起 {days} 日内。", "Payable within {days} days after it arises."),
    "due_invoice_0": ("付款期限：账单开具当日。", "Payable on the day of the invoice."),
    "due_charge_0": ("付款期限：应收日当日。", "Payable on the day it arises."),
    "due_day": (
        "付款期限：应收日后的第一个 {month} 月 {day} 日。",
        "Payable on the first {day} {month} after it arises.",
    ),
    # elements
    "lump_sum": ("一次性许可费 {amount}。", "A lump sum of {amount}."),
    "entry_fee": ("入门费 {amount}。", "An entry fee of {amount}."),
    "creditable": (
        "入门费可抵扣（{targets}），抵扣至零为止，不退还；已用于抵扣的金额不计入最低提成。",
        "It is credited against {targets} down to zero and never refunded; credit used does not count towards a "
        "minimum.",
    ),
    "not_creditable": ("入门费不可抵扣提成。", "It is not credited against royalties."),
    "milestone_sum": (
        "里程碑“{name}”付款 {amount}，至多触发一次。",
        "Milestone “{name}”: {amount}, at most once.",
    ),
    "instalments": ("许可费 {amount}，分 {parts} 期支付：", "A fee of {amount} in {parts} instalments:"),
    "part": (
        "第 {number} 期 {amount}，付款条件：{trigger}。",
        "No. {number}: {amount}, condition: {trigger}.",
    ),
    "part_later": (
        "各期在其自身条件与下述付款条件均成就之日（以较晚者为准）应付。",
        "Each falls due on the later of its own condition and the condition below.",
    ),
    "last_rest": ("各期四舍五入，最后一期取余额。", "Each is rounded half up; the last takes the remainder."),
    "yearly_fee": (
        "固定年费 {amounts}，按{year}于期末计收。",
        "A fixed yearly fee of {amounts}, charged at the end of each {year}.",
    ),
    "by_365": (
        "按日计算，上述金额对应 365 日（满一个闰年按 366 日计）；终止当日不计费。",
        "It is counted by days, the amount being for 365 days (a leap year is 366 of them); the day of termination is "
        "not charged.",
    ),
    "by_actual": (
        "满一年收全额，不足一年按实际天数折算；终止当日不计费。",
        "A whole year costs the amount, a broken one its share by days; the day of termination is not charged.",
    ),
    "then": ("{first}，此后 {rest}", "{first}, then {rest}"),
    "minimum": (
        "最低年提成 {amounts}（按{year}）：年度终了时，就所计项目（{targets}）当年扣除入门费抵扣和封顶后的应收不足部分补足。",
        "A minimum of {amounts} per {year}: at its end the shortfall of the charges for {targets}, after entry "
        "credit and caps, is due.",
    ),
    "minimum_none": (
        "首尾不足一年的，最低提成不折算。",
        "A broken first or last year is not pro-rated.",
    ),
    "minimum_month_counts": (
        "首尾不足一年的，按月折算，不足一月按一月计。",
        "A broken first or last year is pro-rated by months; a month that is only touched counts.",
    ),
    "minimum_full_months": (
        "首尾不足一年的，按月折算，只计整月。",
        "A broken first or last year is pro-rated by months; only whole months count.",
    ),
    "excess_carry": (
        "超过当年（未调减的）最低提成的部分仅可调减紧接的下一年最低提成。",
        "What exceeds the nominal minimum lowers the minimum of the next year only.",
    ),
    "excess_lost": ("超出部分不结转。", "An excess is not carried forward."),
    "royalty": ("提成：按报告期就{base}计收，{rate}。", "A royalty on {base} per reporting period: {rate}."),
    "units": (
        "按件计费：按报告期就计量项目“{meter}”计收，{rate}。",
        "A price per unit of “{meter}” per reporting period: {rate}.",
    ),
    "fixed": ("提成率 {rate}", "{rate}"),
    "price": ("单价 {rate}", "{rate} each"),
    "yearly": ("分年度（{year}）：{rates}，最后一个费率此后延续", "by {year}: {rates}; the last one goes on"),
    "year_rate": ("第 {number} 年 {rate}", "{rate} in year {number}"),
    "tiers_excess": (
        "阶梯费率（{span}累计，各档费率只适用于该档内的部分）：{tiers}",
        "in tiers of the {span} total, each rate for the part inside its tier: {tiers}",
    ),
    "tiers_whole": (
        "阶梯费率（{span}累计，达到的档位费率适用于全部累计额）：{tiers}",
        "in tiers of the {span} total, the rate reached applying to the whole: {tiers}",
    ),
    "tier_to_excess": ("不超过 {up_to}（含）的部分 {rate}", "{rate} up to and including {up_to}"),
    "tier_to_whole": ("不超过 {up_to}（含）时 {rate}", "{rate} up to and including {up_to}"),
    "tier_between_excess": (
        "超过 {above} 至 {up_to}（含）的部分 {rate}",
        "{rate} above {above} up to and including {up_to}",
    ),
    "tier_between_whole": (
        "超过 {above} 至 {up_to}（含）时 {rate}",
        "{rate} above {above} up to and including {up_to}",
    ),
    "tier_above_excess": ("超过 {above} 的部分 {rate}", "{rate} above {above}"),
    "tier_above_whole": ("超过 {above} 时 {rate}", "{rate} above {above}"),
    "tier_only_excess": ("不分档 {rate}", "{rate} whatever it comes to"),
    "tier_only_whole": ("不分档 {rate}", "{rate} whatever it comes to"),
    "span_life": ("合同全期", "contract's"),
    "span_year": ("每一{year}", "{year}'s"),
    "span_period": ("每一报告期", "reporting period's"),
    "products": ("仅限产品：{products}。", "Only for these products: {products}."),
    "net_means": (
        "净销售额 = 开票额（含税）减去：{deductions}。",
        "Net sales are the invoiced amounts less {deductions}.",
    ),
    "net_plain": ("净销售额不作任何扣减。", "Nothing is deducted from the invoiced amounts."),
    "baseline": (
        "仅就{span}累计超过基准值 {quantity} 的部分计收{pro_rate}。",
        "Only what exceeds the baseline of {quantity} in the {span} total counts{pro_rate}.",
    ),
    "free": (
        "{span}累计的前 {quantity} 免费{pro_rate}。",
        "The first {quantity} of the {span} total are free{pro_rate}.",
    ),
    "p_none": ("（首尾不足期间不折算）", " (not pro-rated)"),
    "p_month_counts": (
        "（首尾不足一年按月折算，不足一月计一月）",
        " (pro-rated by months; a month touched counts)",
    ),
    "p_full_months": ("（首尾不足一年按整月折算）", " (pro-rated by whole months)"),
    "loss_carry": ("亏损可结转抵减以后期间。", "Losses are carried forward."),
    "loss_lost": (
        "某期为负数的按零计，不结转。",
        "A negative period counts as zero and is not carried forward.",
    ),
    "loss_in_year": (
        "年度内某期为负数的，抵减该年度的累计额，但不退还已计收的金额；年度终了仍为负数的按零计，不结转。",
        "Within a year a negative period lowers the year's total, but nothing charged is paid back; what is still "
        "negative at the year's end counts as zero and is not carried forward.",
    ),
    "combination": (
        "组合产品{product}按 A/(A+B) 计入，A = {own}，B = {other}。",
        "Combination product{product}: the factor A/(A+B) applies, with A = {own} and B = {other}.",
    ),
    "stacking": (
        "应付第三方许可费的 {offset} 可抵减提成，但不低于基数的 {floor}{carry}。",
        "{offset} of royalties owed to third parties lower it, but not below {floor} of the base{carry}.",
    ),
    "stacking_units": (
        "应付第三方许可费的 {offset} 可抵减提成，但每件不低于 {floor}{carry}。",
        "{offset} of royalties owed to third parties lower it, but not below {floor} each{carry}.",
    ),
    "stack_carry": ("，未用完的抵减额结转", "; what is not used is carried forward"),
    "stack_lost": ("，未用完的抵减额作废", "; what is not used is lost"),
    "fills": ("计费开始前的免费使用量计入阶梯累计。", "Free use before charging fills the tiers."),
    "fills_not": (
        "计费开始前的免费使用量不计入阶梯累计。",
        "Free use before charging does not fill the tiers.",
    ),
    "st_split": (
        "计费开始的报告期，以触发日为界分行申报，只收触发日起的部分。",
        "The period in which charging begins is reported in two rows split at the trigger day; only the part from "
        "that day on is charged.",
    ),
    "st_part_above": (
        "计费开始的报告期，只就超过阈值的部分计收。",
        "Of the period in which charging begins only the part above the threshold is charged.",
    ),
    "st_next_period": (
        "自触发日后的第一个完整报告期起计收。",
        "Charging begins with the first full reporting period after the trigger.",
    ),
    "st_whole_period": (
        "触发日所在的报告期全期计收。",
        "The whole reporting period that holds the trigger day is charged.",
    ),
    "no_payment": (
        "本许可无偿：不收取任何许可费；使用报告、备案和转化安排不受影响。",
        "The licence is free of charge; reports, recordal and any later conversion are not affected.",
    ),
    # caps
    "cap_life": (
        "合同全期内，{targets}合计不超过 {amount}；达到后视为付清，此后不再就其产生费用。",
        "Over the whole contract {targets} come to at most {amount} in all; once that is reached they are paid up and "
        "nothing more arises for them.",
    ),
    "cap_year": (
        "每一{year}内，{targets}合计不超过 {amount}。",
        "In each {year} {targets} come to at most {amount} in all.",
    ),
    "cap_period": (
        "每一报告期内，{targets}合计不超过 {amount}。",
        "In each reporting period {targets} come to at most {amount} in all.",
    ),
    "charges_for": ("{targets}", "the charges for {targets}"),
    "cap_order": (
        "先适用年度封顶，再适用终身封顶；最低提成的补足额再受终身封顶限制。",
        "Yearly caps come first, then caps for life, which also limit the shortfall of a minimum where they count it.",
    ),
    # reports
    "report": (
        "被许可方每{every}提交使用报告（按{year}），期末后 {days} 日内提交；最后一份报告于期满或终止后 {final} 日内提交。无使用也须零申报。",
        "The licensee reports every {every} ({year}) within {days} days after its end, and the final report within "
        "{final} days after the licence ends. A nil report is required where nothing was used.",
    ),
    "missing": (
        "报告未提交或未被接受的期间视为缺报，不视为零；取决于该报告的应收待其被接受后计算。",
        "A period without an accepted report is missing, never zero; charges that depend on it wait for the report.",
    ),
    "evidence": ("佐证材料：{evidence}。", "Evidence: {evidence}."),
    "inspection": (
        "许可方有权查阅与提成有关的会计账目（《民法典》第八百四十六条）。",
        "The licensor may inspect the accounts that the royalty depends on (Civil Code art. 846).",
    ),
    "no_inspection": ("未约定查账权。", "No right of inspection is agreed."),
    "metered": (
        "以下计量项目按实际计量收费，无需报告：{meters}。",
        "Charged as metered, without a report: {meters}.",
    ),
    "deemed_last": (
        "报告逾期 {days} 日仍未提交的，以最近一期已接受报告数字的 {factor} 作为推定申报数，直至补交的报告被接受并予以更正。",
        "A report still missing {days} days after it was due is deemed to state {factor} of the figures of the last accepted report, until the late report is accepted and corrects it.",
    ),
    "deemed_highest": (
        "报告逾期 {days} 日仍未提交的，以已接受报告中最高数字的 {factor} 作为推定申报数，直至补交的报告被接受并予以更正。",
        "A report still missing {days} days after it was due is deemed to state {factor} of the highest figures of any accepted report, until the late report is accepted and corrects it.",
    ),
    "deemed_metered": (
        "计量项目的期间逾期未确认完整的，同样以此前已确认期间的用量推定；该期间的实际计量更高的，按实际计量。",
        "The same holds for a metered period that nobody confirms as complete: what confirmed earlier periods came to is deemed, unless its own metering came to more.",
    ),
    # tax, late payment
    "vat_exclusive": ("所有金额均不含增值税，税额另计。", "All amounts are without VAT, which is added."),
    "vat_inclusive": ("所有金额均含增值税。", "All amounts include VAT."),
    "invoice": (
        "许可方在应收确认后 {days} 日内开具账单。",
        "The licensor invoices within {days} days after a charge is approved.",
    ),
    "i_monthly": (
        "逾期付款按月 {rate} 计单利；{part}。",
        "Late payment bears simple interest of {rate} a month; {part}.",
    ),
    "part_counts": ("不足一月按一月计", "a part month counts as a whole one"),
    "part_not": ("只计满月，自付款到期日起算", "only full months count, from the due date"),
    "i_daily": ("逾期付款按日 {rate} 计单利。", "Late payment bears simple interest of {rate} a day."),
    "i_from": (
        "利息自到期日与账单日较晚者的次日起计至付款当日（含）；部分付款就其部分停止计息。",
        "Interest runs from the day after the later of due date and invoice date to the day of payment, inclusive; a "
        "part payment stops it for its part.",
    ),
    "i_on_payment": ("利息于款项到账时计收。", "It is charged when the payment arrives."),
    "i_each_month": (
        "利息按月计收：自上述起算日起每满一月，就仍未付清的部分计收一次，其余于款项到账时计收；付清后合计与到账时一次计收相同。",
        "It is charged month by month, counted from that same date, on what is still open, and the rest when the payment "
        "arrives; once all is paid the sum is what it would be if it were charged with the payments alone.",
    ),
    "no_interest": ("未约定逾期利息。", "No late-payment interest is agreed."),
    "audit": (
        "审计发现少报的，被许可方补缴差额；差额达到（≥）应付额的 {share} 时，并由其承担审计费用。",
        "Where an audit finds too little reported, the licensee pays the gap, and bears the audit's cost where the gap "
        "is at least {share} of what was due.",
    ),
    "no_audit": (
        "未约定审计费用的转移：审计费用由许可方承担，少报的差额仍须补缴。",
        "That the cost of an audit shifts is not agreed: the licensor bears it; a gap that is found is still paid.",
    ),
    # end
    "sell_off": (
        "终止后 {months} 个月内可售完存货并照常报告付款。",
        "Stock may be sold off within {months} months after the end, reported and paid as before.",
    ),
    "no_sell_off": ("终止后不得继续销售存货。", "There is no sell-off period."),
    "certificate": (
        "许可结束后 {days} 日内出具停用证明并返还或销毁技术资料。",
        "Within {days} days after the end the licensee certifies that use has stopped and returns or destroys "
        "technical material.",
    ),
    "cure": (
        "整改期：逾期付款 {payment} 日，缺报 {report} 日，其他违约 {other} 日。",
        "Cure periods: {payment} days for payment, {report} for reports, {other} for anything else.",
    ),
    "accrued": ("终止前已产生的款项仍按期支付。", "What accrued before termination stays due on its date."),
    "secret": ("保密期 {years} 年。", "Confidentiality lasts {years} years."),
    "improvements": ("后续改进：{rule}。", "Improvements: {rule}."),
    "dispute": ("争议：{forum}{place}。", "Disputes {forum}{place}."),
    "place": ("（{place}）", " ({place})"),
}
SAY |= GISTS | CONVENTIONS
