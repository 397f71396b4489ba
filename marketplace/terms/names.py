"""What choices, meters, events and regions are called: word of the format → (Chinese, English)."""

from __future__ import annotations

NAMES: dict[str, tuple[str, str]] = {
    # choices
    "non_exclusive": ("普通许可", "non-exclusive"),
    "sole": ("排他许可", "sole"),
    "exclusive": ("独占许可", "exclusive"),
    "option": ("选择权（先用后转）", "option"),
    "deferred_obligation": ("延期付款义务", "deferred obligation"),
    "contingent": ("附条件付款", "contingent"),
    "effect": ("合同生效日", "the effective date"),
    "delivery": ("成果交付日", "delivery"),
    "trial_start": ("免费使用期起算日", "the start of the trial"),
    "trial_end": ("免费使用期届满次日", "the day after the trial ends"),
    "conversion": ("被许可方作出转化决定之日", "the licensee's decision to convert"),
    "calendar": ("公历年度", "calendar year"),
    "licence": ("许可年度", "licence year"),
    "month": ("月", "month"),
    "quarter": ("季度", "quarter"),
    "half": ("半年", "half-year"),
    "year": ("年", "year"),
    "sales": ("销售额", "sales"),
    "net_sales": ("净销售额", "net sales"),
    "gross_sales": ("销售额（不含增值税）", "gross sales (without VAT)"),
    "output_value": ("新增产值", "incremental output value"),
    "profit": ("利润", "profit"),
    "sublicence_income": ("分许可收入", "sublicence income"),
    "units": ("件数", "units"),
    "pieces": ("件数", "pieces"),
    "third_party_royalties": ("应向第三方支付的许可费", "royalties owed to third parties"),
    "first_income": ("取得首笔收入", "first income from the product or service"),
    "first_sale": ("首次销售", "first sale"),
    "written_notice": ("书面通知送达", "written notice"),
    "validation": ("技术验证", "technical validation"),
    "development": ("产品开发", "product development"),
    "pilot_sale": ("试销", "pilot sales"),
    "decline": ("视为不转化", "counts as declining"),
    "convert": ("视为转化", "counts as converting"),
    "licensee": ("被许可方", "the licensee"),
    "licensor": ("许可方", "the licensor"),
    "both": ("双方", "both parties"),
    "third_party": ("第三方", "a third party"),
    "own": ("各方对其完成的改进各自享有权利", "each party owns the improvements it makes"),
    "grant_back": (
        "被许可方对其改进向许可方回授普通许可",
        "the licensee grants the licensor a non-exclusive licence to its improvements",
    ),
    "joint": ("改进成果由双方共有", "improvements are owned jointly"),
    "court": ("提交有管辖权的人民法院诉讼解决", "go to the competent court"),
    "arbitration": ("提交仲裁", "go to arbitration"),
    "vat": ("增值税", "VAT"),
    "returns": ("退货", "returns"),
    "freight": ("运费", "freight"),
    "insurance": ("保险费", "insurance"),
    "discounts": ("折扣", "discounts"),
    "customs": ("关税", "customs duties"),
    "packaging": ("包装费", "packaging"),
}

KINDS: dict[str, tuple[str, str]] = {
    "lump_sum": ("一次性许可费", "the lump sum"),
    "entry_fee": ("入门费", "the entry fee"),
    "milestone": ("里程碑付款", "the milestone payment"),
    "instalments": ("分期许可费", "the instalments"),
    "royalty": ("提成", "the royalty"),
    "yearly_fee": ("年费", "the yearly fee"),
    "minimum": ("最低提成", "the minimum"),
}

# Milestones that ready terms name; every other one is in the parties' own words.
MILESTONES: dict[str, tuple[str, str]] = {
    "validation": ("技术验证", "technical validation"),
    "launch": ("产品上市", "product launch"),
    "sales": ("销售达标", "sales target"),
    "acceptance": ("验收通过", "acceptance"),
}

# Common units by which parties count; a meter may be named by one, in either language.
UNITS: dict[str, tuple[str, str]] = {
    word: pair
    for pair in (
        ("台", "machines"),
        ("套", "sets"),
        ("件", "pieces"),
        ("个", "items"),
        ("次", "uses"),
        ("小时", "hours"),
        ("天", "days"),
        ("千克", "kg"),
        ("吨", "tonnes"),
        ("升", "litres"),
        ("立方米", "m³"),
        ("平方米", "m²"),
        ("米", "metres"),
        ("千瓦时", "kWh"),
    )
    for word in pair
}


def milestone_name(name: str, place: int) -> str:
    """A milestone as it is called: the known ones in the reader's language, the parties' own as they wrote it."""
    return MILESTONES[name][place] if name in MILESTONES else name


def meter_name(name: str, place: int) -> str:
    """A meter as it is called: those of the format and common units in the reader's language, others as written."""
    known = NAMES.get(name) or UNITS.get(name)
    return known[place] if known else name


TIMES = {1: ("1 次", "once"), 2: ("2 次", "twice")}
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
    "November", "December",
)  # fmt: skip

# ISO 3166 / GB/T 2260 codes of territories
REGIONS: dict[str, tuple[str, str]] = {
    "CN": ("中国", "China"),
    "CN-11": ("北京市", "Beijing"),
    "CN-12": ("天津市", "Tianjin"),
    "CN-13": ("河北省", "Hebei"),
    "CN-14": ("山西省", "Shanxi"),
    "CN-15": ("内蒙古自治区", "Inner Mongolia"),
    "CN-21": ("辽宁省", "Liaoning"),
    "CN-22": ("吉林省", "Jilin"),
    "CN-23": ("黑龙江省", "Heilongjiang"),
    "CN-31": ("上海市", "Shanghai"),
    "CN-32": ("江苏省", "Jiangsu"),
    "CN-33": ("浙江省", "Zhejiang"),
    "CN-34": ("安徽省", "Anhui"),
    "CN-35": ("福建省", "Fujian"),
    "CN-36": ("江西省", "Jiangxi"),
    "CN-37": ("山东省", "Shandong"),
    "CN-41": ("河南省", "Henan"),
    "CN-42": ("湖北省", "Hubei"),
    "CN-43": ("湖南省", "Hunan"),
    "CN-44": ("广东省", "Guangdong"),
    "CN-45": ("广西壮族自治区", "Guangxi"),
    "CN-46": ("海南省", "Hainan"),
    "CN-50": ("重庆市", "Chongqing"),
    "CN-51": ("四川省", "Sichuan"),
    "CN-52": ("贵州省", "Guizhou"),
    "CN-53": ("云南省", "Yunnan"),
    "CN-54": ("西藏自治区", "Tibet"),
    "CN-61": ("陕西省", "Shaanxi"),
    "CN-62": ("甘肃省", "Gansu"),
    "CN-63": ("青海省", "Qinghai"),
    "CN-64": ("宁夏回族自治区", "Ningxia"),
    "CN-65": ("新疆维吾尔自治区", "Xinjiang"),
    "HK": ("中国香港", "Hong Kong, China"),
    "MO": ("中国澳门", "Macao, China"),
    "TW": ("中国台湾", "Taiwan, China"),
    "WORLD": ("全球", "worldwide"),
}
