"""The nine pilots that public sources describe, as data: what a source says, from when, how sure it is.

A key that is not listed here was found in no source: it is loaded as unknown (value None), never filled in.
Where a source does not name the day of its instrument, `valid_from` is the day on which the source tells of it,
or the first day of the year it names, and `starts_on` stays empty. The rules of the Binhai zone carry no date in
the source; they are taken from the day of the city's measures on.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from marketplace.programmes.models import Key

MSME = ["MICRO", "SMALL", "MEDIUM"]
RESEARCH_UNITS = ["UNIVERSITY", "INSTITUTE"]

# Titles of the sources with their grades: A official or primary, B press or institution, C mirror or repost.
BEIJING_PRESS = ("北京青年报 2022-09-29：六部门先使用后付费方案", "B")
BEIJING_CASE = ("首都师范大学与维泰凯信案例 2022-11", "C")
ZHEJIANG_PRESS = ("科技日报 2024-11-15：浙江先用后转", "B")
ZHEJIANG_CALL = ("浙江省科学技术厅 2022 年征集通知", "C")
CHANGSHAN = ("中国新闻网：常山先用后转", "C")
SHAANXI_PRESS = ("陕西日报 2025-03-14：先使用后付费", "B")
TIANJIN_AGENCY = ("新华社 2025-10-23：天津先使用后付费", "B")
TIANJIN_PRESS = ("天津日报 2025-09-27：先使用后付费实施办法", "B")
BINHAI_RULES = ("天津滨海高新区先使用后付费实施细则", "A")
HUNAN_PRESS = ("湖南先用后付推广实施方案报道", "B")
SICHUAN_PRESS = ("四川在线 2026-03：先使用后付费操作指引", "B")
GUANGDONG_CALL = ("广东海洋大学先用后转征集通知", "B")
HEYUAN_CALL = ("河源市科学技术局先用后转征集通知", "A")
HUBEI_UNIVERSITIES = ("长江商报 2025-10-13：湖北高校科技成果转化 17 条", "B")
HUBEI_MEASURES = ("湖北省发展改革委《关于加快知识密集型生产性服务业高质量发展的若干政策措施》2025-10-05", "B")


@dataclass(frozen=True)
class PresetRule:
    key: str
    value: Any
    zh: str
    en: str
    source: tuple[str, str]


@dataclass(frozen=True)
class Preset:
    code: str
    name_zh: str
    name_en: str
    region: str
    instrument_zh: str
    instrument_en: str
    valid_from: date
    rules: tuple[PresetRule, ...]
    starts_on: date | None = None
    ends_on: date | None = None


def _incentive(zh: str, en: str, source: tuple[str, str]) -> PresetRule:
    return PresetRule(Key.INCENTIVE, {"zh": zh, "en": en}, zh, en, source)


def _event(name: str) -> dict:
    return {"kind": "event", "name": name}


def _after(months: int) -> dict:
    return {"kind": "after", "months": months, "anchor": "effect"}


PRESETS: tuple[Preset, ...] = (
    Preset(
        code="BJ-ZGC",
        name_zh="北京中关村先使用后付费试点",
        name_en="Beijing Zhongguancun pilot",
        region="110000",
        instrument_zh="六部门方案（2022 年 9 月），海淀核心区",
        instrument_en="Scheme of six departments (September 2022), Haidian core area",
        valid_from=date(2022, 9, 29),
        rules=(
            PresetRule(Key.LICENSOR_KINDS, ["UNIVERSITY", "INSTITUTE", "HOSPITAL"], "高校、科研院所、医疗卫生机构",
                       "Universities, research institutes and hospitals", BEIJING_PRESS),
            PresetRule(Key.LICENSEE_SIZES, MSME, "中小微企业", "Micro, small and medium-sized enterprises",
                       BEIJING_PRESS),
            PresetRule(Key.TRIAL_MONTHS, 12, "免费使用一年", "One year free of charge", BEIJING_PRESS),
            PresetRule(Key.TRIGGER, None, "已知个案约定协议生效一年后按转化效果付费；方案本身的条件未见公布。",
                       "In a reported case three firms pay one year after the agreement takes effect, according to the "
                       "effect of conversion; the scheme's own condition is not visible.", BEIJING_CASE),
            PresetRule(Key.RISK_COVER, ["GUARANTEE_SUBSIDY"], "对服务试点中小微企业的担保机构给予补贴",
                       "Subsidy to guarantee institutions that serve pilot enterprises", BEIJING_PRESS),
            _incentive("每家单位奖励不超过 50 万元",
                       "Award of at most 500,000 yuan for each institution", BEIJING_PRESS),
        ),
    ),
    Preset(
        code="ZJ",
        name_zh="浙江省先用后转",
        name_en="Zhejiang: use first, convert later",
        region="330000",
        instrument_zh="2021 年 10 月起 7 个县试点，后在全省推开",
        instrument_en="Pilot in seven counties from October 2021, later province-wide",
        valid_from=date(2021, 10, 1),
        rules=(
            PresetRule(Key.LICENSOR_KINDS, ["UNIVERSITY"], "高校", "Universities", ZHEJIANG_CALL),
            PresetRule(Key.LICENSEE_REGIONS, ["33"], "本地企业", "Local enterprises", ZHEJIANG_CALL),
            PresetRule(Key.TRIAL_MONTHS, None, "常山县：免费使用一年后付费；全省统一期限未见公布。",
                       "Changshan county: one year free, then pay; no term for the whole province is visible.",
                       CHANGSHAN),
            PresetRule(Key.TERMS_BEFORE_TRIAL, True, "试用前先约定转化条件、方式和费用",
                       "Condition, mode and fee of conversion are agreed before the trial", ZHEJIANG_PRESS),
            PresetRule(Key.TRIGGER, {"mode": "ALL", "conditions": [_event("agreed")]}, "按协议约定的转化条件",
                       "The condition of conversion that the agreement names", ZHEJIANG_PRESS),
            PresetRule(Key.RISK_COVER, ["INSURANCE"], "专属保险产品", "A special insurance product", ZHEJIANG_PRESS),
        ),
    ),
    Preset(
        code="SN-XX",
        name_zh="陕西西咸新区先使用后付费",
        name_en="Shaanxi, Xixian New Area",
        region="610000",
        instrument_zh="西咸新区先使用后付费（2024 年）",
        instrument_en="Use first, pay later in Xixian New Area (2024)",
        valid_from=date(2024, 1, 1),
        rules=(
            PresetRule(Key.LICENSOR_KINDS, ["UNIVERSITY"], "高校（单列管理的成果）",
                       "Universities, for results under separate management", SHAANXI_PRESS),
            PresetRule(Key.TRIGGER, {"mode": "ANY", "conditions": [_after(12), _event("first_income")]},
                       "许可满一年（含）或者产品、服务取得收入后付费；“或者”由合同写明为先到者。",
                       "Payment after the licence has run one year, or after income from the product or service; the "
                       "source's “or” is read as the earlier one, and the contract says so.", SHAANXI_PRESS),
            PresetRule(Key.PAYMENT_FORMS, ["DEFERRED", "INSTALMENTS", "CONDITIONAL", "ROYALTY"],
                       "延期支付、分期支付、附条件支付、收益提成",
                       "Deferred, in instalments, conditional, or as a share of income", SHAANXI_PRESS),
            PresetRule(Key.RISK_COVER, ["GUARANTEE", "INSURANCE", "ADVANCE_INDEMNITY", "CREDIT_RECORD"],
                       "企业参保、先行赔付、信用推送", "Insured enterprises, indemnity in advance, credit reporting",
                       SHAANXI_PRESS),
        ),
    ),
    Preset(
        code="TJ-2025",
        name_zh="天津市先使用后付费",
        name_en="Tianjin",
        region="120000",
        instrument_zh="天津市先使用后付费实施办法（2025 年 9 月，六部门）",
        instrument_en="Tianjin implementing measures (September 2025, six departments)",
        valid_from=date(2025, 9, 27),
        rules=(
            PresetRule(Key.LICENSOR_KINDS, RESEARCH_UNITS, "高校、科研院所", "Universities and research institutes",
                       TIANJIN_PRESS),
            PresetRule(Key.LICENSEE_REGIONS, ["12"], "天津市企业", "Enterprises of Tianjin", TIANJIN_PRESS),
            PresetRule(Key.TERMS_BEFORE_TRIAL, True, "事先约定使用方式、付费方式、支付节点和违约责任",
                       "Mode, payment form, nodes and liability for breach are agreed beforehand", TIANJIN_PRESS),
            PresetRule(Key.TRIGGER, {"mode": "ALL", "conditions": [_event("agreed")]}, "按事先约定的支付节点",
                       "At the nodes agreed beforehand", TIANJIN_PRESS),
            PresetRule(Key.PAYMENT_FORMS, ["DEFERRED", "STAGED", "ROYALTY"], "延期支付、阶段性支付、收入提成",
                       "Deferred, staged, or a share of income", TIANJIN_PRESS),
            PresetRule(Key.RISK_COVER, ["INSURANCE", "TRUST", "EXEMPTION"],
                       "专利实施失败保险、综合保险、信托产品；尽职免责指引",
                       "Insurance of failed patent implementation, a comprehensive policy, a trust product; guide to "
                       "due-diligence exemption", TIANJIN_AGENCY),
            _incentive("按成果数量补助技术转移机构；含履约服务或担保的三方合同补助更高",
                       "Agencies are subsidised by number of results; tri-party contracts with performance service or "
                       "guarantee get more", TIANJIN_PRESS),
        ),
    ),
    Preset(
        code="TJ-BHT",
        name_zh="天津滨海高新区先使用后付费",
        name_en="Tianjin Binhai High-tech Zone",
        region="120000",
        instrument_zh="天津滨海高新区实施细则",
        instrument_en="Detailed rules of the Binhai High-tech Zone",
        valid_from=date(2025, 9, 27),
        rules=(
            PresetRule(Key.LICENSOR_KINDS, None, "已备案的机构", "Institutions filed with the zone", BINHAI_RULES),
            PresetRule(Key.LICENSEE_REGIONS, None, "高新区科技型企业；行政区划代码不能表示高新区，须另行核对。",
                       "Technology firms of the zone; no region code names the zone, so a person has to look.",
                       BINHAI_RULES),
            PresetRule(Key.RISK_COVER, ["CREDIT_RECORD"], "申请单位须信用良好、接受审计",
                       "Applicants must have clean credit and accept audit", BINHAI_RULES),
            _incentive("每家机构每年不超过 50 万元，按发布数量和实际金额",
                       "At most 500,000 yuan a year for each institution, by number posted and actual amount",
                       BINHAI_RULES),
        ),
    ),
    Preset(
        code="HN-2025",
        name_zh="湖南省先用后付",
        name_en="Hunan",
        region="430000",
        instrument_zh="湖南省推广实施方案（2025 年，长株潭试点之后，四部门）",
        instrument_en="Hunan roll-out plan (2025, after the Changsha–Zhuzhou–Xiangtan pilot, four departments)",
        valid_from=date(2025, 1, 1),
        rules=(
            PresetRule(Key.MIN_TRL, 4, "技术成熟度 4 级及以上", "Technology readiness level 4 or higher", HUNAN_PRESS),
            PresetRule(Key.TRIGGER, {"mode": "ANY", "conditions": [
                _event("technical_validation"), _event("product_launch"), _event("sales_threshold")]},
                "节点：技术验证、产品上市、销售达到约定额", "Nodes: technical validation, product launch, sales threshold",
                HUNAN_PRESS),
            PresetRule(Key.PAYMENT_FORMS, ["MILESTONES", "DEFERRED"], "里程碑节点支付、延期启动支付",
                       "Milestone payments, delayed start of payment", HUNAN_PRESS),
            PresetRule(Key.RISK_COVER, ["INSURANCE", "PREMIUM_SUBSIDY", "CREDIT_RECORD"],
                       "探索保险和保费补贴；建立企业履约信用档案",
                       "Insurance and premium subsidy are explored; performance credit file of enterprises",
                       HUNAN_PRESS),
            _incentive("评价中双倍计分", "Double points in evaluation", HUNAN_PRESS),
        ),
    ),
    Preset(
        code="SC-2026",
        name_zh="四川省先使用后付费",
        name_en="Sichuan",
        region="510000",
        instrument_zh="四川省操作指引（四部门，2026-04-10 起施行，有效期 2 年）",
        instrument_en="Sichuan operating guide (four departments, in force from 2026-04-10 for two years)",
        valid_from=date(2026, 4, 10),
        starts_on=date(2026, 4, 10),
        ends_on=date(2028, 4, 9),
        rules=(
            PresetRule(Key.LICENSOR_KINDS, [*RESEARCH_UNITS, "HOSPITAL", "LABORATORY"], "科研单位（职务科技成果）",
                       "Research units, for service results", SICHUAN_PRESS),
            PresetRule(Key.LICENSEE_SIZES, MSME, "中小微企业", "Micro, small and medium-sized enterprises",
                       SICHUAN_PRESS),
            PresetRule(Key.PAYMENT_FORMS, None, "支付许可费；鼓励团队以股权方式分享。",
                       "A licence fee; an equity share for the team is encouraged.", SICHUAN_PRESS),
            PresetRule(Key.TRIGGER, {"mode": "ALL", "conditions": [_event("agreed")]},
                       "无需预付；达到约定的触发条件须足额付费",
                       "No prepayment; must be paid in full when the agreed trigger is met", SICHUAN_PRESS),
            PresetRule(Key.RISK_COVER, ["INSURANCE", "EXEMPTION", "CREDIT_RECORD"],
                       "保险（市场、技术风险）、尽职免责、信用约束",
                       "Insurance of market and technical risk, due-diligence exemption, credit restraint",
                       SICHUAN_PRESS),
        ),
    ),
    Preset(
        code="GD-2025",
        name_zh="广东省先用后转",
        name_en="Guangdong: try first, convert later",
        region="440000",
        instrument_zh="广东省先用后转若干政策措施（2025 年）；河源征集通知",
        instrument_en="Guangdong measures on try first, convert later (2025); call of Heyuan",
        valid_from=date(2025, 1, 1),
        rules=(
            PresetRule(Key.LICENSOR_KINDS, RESEARCH_UNITS, "高校、科研院所", "Universities and research institutes",
                       GUANGDONG_CALL),
            PresetRule(Key.IP_KINDS, ["INVENTION", "SOFTWARE", "IC_LAYOUT", "PLANT_VARIETY"],
                       "已授权发明专利、软件著作权、集成电路布图设计、植物新品种；权属清晰、无纠纷",
                       "Granted invention patents, software copyright, layout designs, plant varieties; rights clear and "
                       "without dispute", HEYUAN_CALL),
            PresetRule(Key.TEAM_CONSENT, True, "成果完成团队同意", "The team of inventors consents", HEYUAN_CALL),
            PresetRule(Key.MIN_MATURITY, "BENCH", "成熟度达到小试及以上", "Bench scale or further", HEYUAN_CALL),
            PresetRule(Key.TRIGGER, None, "先免费试用、后有偿转化；条件未见公布。",
                       "First free trial, then paid conversion; the condition is not visible.", GUANGDONG_CALL),
        ),
    ),
    Preset(
        code="HB-2025",
        name_zh="湖北省先使用后付费试点",
        name_en="Hubei",
        region="420000",
        instrument_zh="湖北 24 条（2025 年 10 月）及高校科技成果转化措施",
        instrument_en="The 24 measures of Hubei (October 2025) and the measures for universities",
        valid_from=date(2025, 10, 5),
        rules=(
            PresetRule(Key.LICENSOR_KINDS, ["UNIVERSITY"], "高校", "Universities", HUBEI_UNIVERSITIES),
            PresetRule(Key.LICENSEE_SIZES, MSME, "中小微企业", "Micro, small and medium-sized enterprises",
                       HUBEI_UNIVERSITIES),
            PresetRule(Key.TRIAL_MONTHS, None, "仅宣布开展试点，免费使用期未公布。",
                       "The pilot is announced; a free period is not published.", HUBEI_MEASURES),
            PresetRule(Key.TRIGGER, None, "仅宣布开展试点，付费触发条件未公布。",
                       "The pilot is announced; a payment trigger is not published.", HUBEI_MEASURES),
            PresetRule(Key.PAYMENT_FORMS, None, "支付方式未公布。", "Payment forms are not published.", HUBEI_MEASURES),
            PresetRule(Key.RISK_COVER, None, "尽职免责情形将予列明，尚未公布。",
                       "Situations of due-diligence exemption are to be listed; they are not published yet.",
                       HUBEI_MEASURES),
            _incentive("对技术合同（“五技合同”）认定登记给予激励", "An incentive for registering technology contracts",
                       HUBEI_MEASURES),
        ),
    ),
)  # fmt: skip
