"""The words of each problem: code → (Chinese, English). Pure, so that reports outside a request read the same."""

from __future__ import annotations

MESSAGES: dict[str, tuple[str, str]] = {
    # reading
    "not_json": ("不是有效的 JSON：{detail}", "Not valid JSON: {detail}"),
    "repeated_field": (
        "字段“{field}”在同一对象中重复出现。",
        "The field “{field}” stands twice in one object.",
    ),
    "unknown_format": ("不支持的条款格式版本“{value}”。", "Unknown version of the format: “{value}”."),
    "unknown_field": ("未知字段。此处可用的字段：{known}。", "Unknown field. Known here: {known}."),
    "missing_field": ("缺少必填字段。", "This field is required."),
    "null_field": (
        "此字段不能为 null；不填即采用默认值。",
        "May not be null; leave it out to take the default.",
    ),
    "not_object": ("此处应为一个对象。", "An object is expected here."),
    "not_list": ("此处应为一个列表。", "A list is expected here."),
    "not_bool": ("此处应为 true 或 false。", "true or false is expected here."),
    "not_whole": (
        "此处应为整数（金额以最小货币单位计，如“分”）。",
        "A whole number is expected (money in minor units).",
    ),
    "not_text": ("此处应为文本。", "Text is expected here."),
    "not_date": ("此处应为日期，格式为 2026-01-31。", "A date like 2026-01-31 is expected here."),
    "not_decimal": (
        "此处应为以字符串书写的小数，如“0.03”。",
        "A decimal written as a string, like “0.03”, is expected.",
    ),
    "not_a_choice": ("只能取以下值之一：{choices}。", "Must be one of: {choices}."),
    "too_deep": ("嵌套过深（最多 {limit} 层）。", "Nested too deeply (at most {limit} levels)."),
    "too_many": ("项目过多（最多 {limit} 项）。", "Too many items (at most {limit})."),
    "too_many_charges": (
        "这些条款约产生 {charges} 笔应收，超出一次模拟的上限 {limit} 笔；请缩短许可期限或延长报告周期。",
        "These terms make about {charges} charges, more than the {limit} of one simulation; shorten the term of the"
        " licence or let reports be rarer.",
    ),
    "bad_text": ("文本含有控制字符或无效字符。", "The text holds control or invalid characters."),
    "too_long": ("文本过长（最多 {limit} 个字符）。", "Too long (at most {limit} characters)."),
    "too_large": ("数值过大或小数位过多。", "The number is too large or has too many decimal places."),
    "not_an_amount": ("请填写金额，如 100,000.00。", "Enter an amount, like 100,000.00."),
    "not_a_count": ("请填写整数。", "Enter a whole number."),
    "not_a_number": ("请填写数字，如 3 或 2.5。", "Enter a number, like 3 or 2.5."),
    # ids and references
    "bad_id": (
        "标识“{id}”只能由小写字母、数字、下划线和连字符组成，并以字母开头。",
        "The id “{id}” may hold lower-case letters, digits, _ and - only, and starts with a letter.",
    ),
    "repeated_id": ("标识“{id}”重复。", "The id “{id}” is used twice."),
    "unknown_id": ("没有标识为“{id}”的付款项目。", "There is no payment element with the id “{id}”."),
    "counts_itself": ("“{id}”不能计入自身。", "“{id}” cannot count itself."),
    "counts_nothing": ("须写明计入哪些付款项目。", "It must name the payment elements that it counts."),
    "counts_minimum": (
        "最低提成不能计入另一项最低提成“{id}”。",
        "A minimum cannot count another minimum, “{id}”.",
    ),
    "credit_target": (
        "入门费只能抵扣提成，“{id}”不是提成。",
        "An entry fee can be credited against royalties only; “{id}” is none.",
    ),
    # values
    "unknown_currency": ("不支持的币种“{value}”。", "Unknown currency “{value}”."),
    "not_positive": ("须大于零。", "Must be greater than zero."),
    "above_limit": ("不能大于 {limit}。", "May not be more than {limit}."),
    "negative": ("不能为负数。", "May not be negative."),
    "deemed_factor": (
        "倍数须大于 0 且不超过 {most}。",
        "The factor must be above 0 and at most {most}.",
    ),
    "rate_above_one": (
        "费率写作小数：0.03 表示 3 %；{value} 大于 100 %。",
        "A rate is written 0.03 for 3 %; {value} is above 100 %.",
    ),
    "empty": ("至少需要一项。", "At least one entry is needed."),
    "bad_day": ("不存在的日期：{month} 月 {day} 日。", "There is no day {day} in month {month}."),
    "spaces_around": ("文字前后不能有空格。", "No spaces before or after the text."),
    "empty_text": ("须填写。", "Must be filled in."),
    "day_too_far": (
        "日期须在 {first} 至 {last} 之间。",
        "Choose a day between {first} and {last}.",
    ),
    # contradictions
    "option_without_trial": (
        "该项以转化为前提（选择权），但条款没有免费使用期，也就没有转化决定的截止日。",
        "This element is an option, but without a trial there is no day by which to decide.",
    ),
    "decision_longer_than_trial": (
        "转化决定期（{days} 天）不短于免费使用期（{months} 个月）。",
        "The decision period ({days} days) is not shorter than the trial ({months} months).",
    ),
    "trial_longer_than_term": (
        "免费使用期（{trial} 个月）不短于许可期限（{term} 个月）。",
        "The trial ({trial} months) is not shorter than the licence ({term} months).",
    ),
    "no_base": ("按件计费须写明计量项目。", "A royalty per unit must name its meter."),
    "base_needs_baseline": (
        "按新增产值提成须写明基准值。",
        "A royalty on incremental output needs a baseline.",
    ),
    "baseline_and_free": (
        "同一提成不能既有基准值又有免费额度。",
        "One royalty cannot have both a baseline and a free allowance.",
    ),
    "milestone_without_trigger": (
        "里程碑付款须写明触发条件（事件、阈值或日期），否则免费使用期一满即应支付。",
        "A milestone must name its trigger (event, threshold or date), or it would simply fall due after free use.",
    ),
    "tiers_order": (
        "各档上限须逐档递增：{value} 不高于上一档的 {before}，档位重叠。",
        "Tiers overlap: the bound {value} is not above the bound {before} before it.",
    ),
    "tiers_open": ("只有最后一档可以没有上限。", "Only the last tier may have no upper bound."),
    "tiers_end": (
        "最后一档不能有上限，否则超出部分没有费率。",
        "The last tier may not have a bound: above it there is no rate.",
    ),
    "shares_mixed": (
        "各期须全部写明比例，或全部不写（即等额）。",
        "Either every instalment states a share or none does (equal parts).",
    ),
    "shares_sum": (
        "各期比例之和须为 100 %，现为 {value}。",
        "The shares must sum to 100 %; they sum to {value}.",
    ),
    "last_part_negative": (
        "金额太小，按分四舍五入后最后一期为负数。",
        "The sum is too small for so many parts: the last would be negative.",
    ),
    "cap_below_minimum": (
        "封顶额 {cap} 低于最低提成 {minimum}。",
        "The cap {cap} is below the minimum {minimum}.",
    ),
    "yearly_cap_minimum": (
        "年度封顶不能计入最低提成；最低提成只受终身封顶限制。",
        "A yearly cap cannot count a minimum; only a cap for life limits it.",
    ),
    "floor_above_rate": (
        "叠加抵扣的下限费率 {floor} 高于提成率 {rate}。",
        "The stacking floor {floor} is above the rate {rate}.",
    ),
    "trigger_empty": (
        "ANY / ALL 至少需要一个条件，否则永远不会触发。",
        "ANY / ALL needs at least one part, or it can never fire.",
    ),
    "trigger_without_trial": (
        "该条件自免费使用期起算，但条款没有免费使用期，因此永远不会成就。",
        "This condition counts from free use, but the terms have none, so that it can never be met.",
    ),
    "trigger_without_option": (
        "该条件取决于转化决定，但没有以转化为前提（选择权）的付款，因此永远不会成就。",
        "This condition needs a decision to convert, but no payment is an option, so that it can never be met.",
    ),
    "deferred_uncertain": (
        "延期支付的款项自签署起即欠付，仅付款日延后，因此触发条件须必定到来（例如加入一个日期）。",
        "A deferred sum is owed from signature and only its date lies later, so its trigger must be certain "
        "to come (add a date).",
    ),
    "after_licence_end": (
        "付款日 {on} 晚于许可期限届满日 {end}。",
        "The date {on} lies after the licence ends on {end}.",
    ),
    "after_licence_months": (
        "触发时点（第 {months} 个月）晚于许可期限（{term} 个月）。",
        "The trigger (month {months}) lies after the licence ends (month {term}).",
    ),
    "after_patent_end": (
        "许可期限至 {end}，晚于专利权届满日 {patent}（《民法典》第八百六十五条）。",
        "The licence runs to {end}, after the patent ends on {patent} (Civil Code art. 865).",
    ),
    "before_effect": (
        "日期 {on} 早于合同生效日 {effect}。",
        "The date {on} lies before the effective date {effect}.",
    ),
    "unknown_deduction": (
        "未知的扣减项“{value}”。可用：{known}。",
        "Unknown deduction “{value}”. Known: {known}.",
    ),
    "straddling_needs_threshold": (
        "“仅就超过部分计费”只适用于以阈值触发的提成。",
        "“Only the part above” fits royalties that begin at a threshold.",
    ),
    "extension_without_months": (
        "允许延长时须写明延长月数。",
        "Extensions are allowed, but not by how many months.",
    ),
    "amended_currency": (
        "变更后的条款须沿用原币种 {value}。",
        "An amendment keeps the currency, {value}.",
    ),
    "amended_kind": (
        "标识“{id}”在原条款中属于另一类付款项目；请使用新的标识。",
        "The id “{id}” stood for another kind of element before; use a new id.",
    ),
    # scenarios
    "until_too_far": (
        "最多计算至生效后 {limit} 年。",
        "At most {limit} years from the effective date are computed.",
    ),
    "ends_before_start": (
        "结束日 {end} 早于开始日 {start}。",
        "It ends on {end}, before it starts on {start}.",
    ),
    "quantity_or_components": (
        "须填写 quantity（数量）或 components（销售额构成）之一，且只填一项。",
        "State either a quantity or the components of sales, and not both.",
    ),
    "converted_and_declined": (
        "不能既转化又不转化；请只保留一项决定。",
        "One cannot both convert and decline; keep one of the two decisions.",
    ),
    "unknown_meter": (
        "条款中没有计量项目“{value}”。可用：{known}。",
        "The terms know no meter “{value}”. Known: {known}.",
    ),
    "nothing_to_extend": (
        "条款没有免费使用期，无从延长。",
        "The terms have no free use that could be extended.",
    ),
    "parts_sum": (
        "各方比例之和须为 100 %，现为 {value}。",
        "The shares must sum to 100 %; they sum to {value}.",
    ),
    "team_or_tiers": (
        "须填写 team（团队比例）或 tiers（分档比例）之一，且只填一项。",
        "State either the team's share or tiers of shares, and not both.",
    ),
    "tiers_same_shares": (
        "各档须列出相同数量的比例（{count} 个）。",
        "Every tier lists the same number of shares ({count}).",
    ),
    "amendment_order": (
        "变更日 {on} 须晚于合同生效日和前一次变更（{before}）。",
        "The amendment of {on} must come after the effective date and the amendment before it ({before}).",
    ),
    # warnings, with source
    "ceiling_fixed": (
        "开放许可的固定许可费一般不高于 {limit}，现为 {value}。",
        "The fixed fee of an open licence is generally not above {limit}; here it is {value}.",
    ),
    "ceiling_net_sales": (
        "开放许可按净销售额提成一般不高于 {limit}，现为 {value}。",
        "An open licence's royalty on net sales is generally not above {limit}; here it is {value}.",
    ),
    "ceiling_profit": (
        "开放许可按利润提成一般不高于 {limit}，现为 {value}。",
        "An open licence's royalty on profit is generally not above {limit}; here it is {value}.",
    ),
    "open_licence_exclusive": (
        "开放许可为普通许可，不能约定排他或独占。",
        "An open licence is non-exclusive by its nature.",
    ),
}
