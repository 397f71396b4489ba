"""补充协议文本 as PDF, made once when signing opens: what changes line by line, then the terms as a whole."""

from django.utils import translation

from contracts.lifecycle.document import ROLES, store
from contracts.lifecycle.models import Amendment, ContractDocument, LicenceContract
from marketplace.clock import now, today
from marketplace.deals.models.offer import sealed
from marketplace.documents import render_pdf
from marketplace.terms import words
from marketplace.terms.difference import difference


def amendment_text(contract: LicenceContract, amendment: Amendment) -> dict:
    """Everything that the paper states, for its hash."""
    return {
        "number": contract.number,
        "amendment": amendment.number,
        "base_hash": amendment.base_hash,
        "terms_hash": amendment.terms_hash,
        "effective_on": amendment.effective_on.isoformat(),
        "language": contract.text_language,
        "parties": {name: contract.subject.get(name) for name in ("licensor", "licensee", "agency")},
    }


def make_amendment_pdf(contract: LicenceContract, amendment: Amendment) -> ContractDocument:
    """Render and store the text to be signed; the hash of the text stands on each page."""
    text_hash = sealed(amendment_text(contract, amendment))
    with translation.override("en" if contract.text_language == "en" else "zh-hans"):
        pdf = render_pdf("contracts/contract", _data(contract, amendment, text_hash), moment=now())
    name = f"{contract.number}-A{amendment.number}.pdf"
    return store(contract, ContractDocument.Kind.AMENDMENT, name, pdf, text_hash=text_hash)


def _data(contract: LicenceContract, amendment: Amendment, text_hash: str) -> dict:
    lang = contract.text_language

    def say(zh: str, en: str) -> str:
        return f"{zh} / {en}" if lang == "both" else (en if lang == "en" else zh)

    def named(stated: dict) -> str:
        pair = [stated.get("name_zh") or "", stated.get("name_en") or ""]
        if lang == "both":
            return " / ".join(name for name in pair if name)
        return pair[lang == "en"] or pair[lang != "en"]

    before = contract.versions.get(terms_hash=amendment.base_hash, effective_on__isnull=False).agreed_terms
    parties = [(side, contract.subject[side.lower()]) for side, _party in contract.parties]
    texts = [
        {"zh": zh, "note": "", "articles": _articles(before, amendment, "zh-hans" if zh else "en")}
        for zh in (True, False)
        if lang == "both" or zh == (lang != "en")
    ]
    if lang == "both":
        texts[0]["note"] = "本补充协议以中英文书就；两种文本不一致时，以中文文本为准。"
        texts[1]["note"] = "English text. If the two texts differ, the Chinese text prevails."
    return {
        "title": say("补充协议", "Amendment"),
        "subtitle": say(
            f"许可合同 {contract.number} 之第 {amendment.number} 号补充协议",
            f"Amendment no. {amendment.number} to licence contract {contract.number}",
        ),
        "number": f"{contract.number}-A{amendment.number}",
        "issued": today(),
        "foot": f"{say('文本哈希', 'Hash of the text')} {text_hash}",
        "parties": [
            {
                "role": say(*ROLES[side]),
                "facts": [
                    (say("名称", "Name"), named(stated)),
                    (say("信用代码", "Credit code"), stated.get("credit_code") or "–"),
                ],
            }
            for side, stated in parties
        ],
        "subject": {
            "head": say("补充协议的对象", "What is amended"),
            "facts": [
                (say("合同", "Contract"), contract.number),
                (say("原条款哈希", "Hash of the terms so far"), amendment.base_hash),
                (say("新条款哈希", "Hash of the new terms"), amendment.terms_hash),
                (say("变更原因", "Reason"), amendment.reason),
            ],
        },
        "rights": {"head": [], "rows": []},
        "texts": texts,
        "example": None,
        "signers": [(say(*ROLES[side]), named(stated)) for side, stated in parties],
        "hash_words": say(
            "每页页脚的哈希值由合同、原条款、新条款、生效日与当事人计算得出；文件自身的 SHA-256 见补充协议页面。",
            "The hash at the foot of each page is computed from the contract, the old and new terms, the day of effect and the parties; the SHA-256 of the file itself stands on the amendment's page.",
        ),
        "text_hash": text_hash,
    }


def _articles(before, amendment: Amendment, lang: str) -> list:
    zh = lang.startswith("zh")
    on = amendment.effective_on
    changes = []
    for change in difference(before, amendment.new_terms, lang):
        if change.before and change.after:
            line = (
                f"原为“{change.before}”，改为“{change.after}”"
                if zh
                else f"“{change.before}” becomes “{change.after}”"
            )
        elif change.before:
            line = f"删去“{change.before}”" if zh else f"“{change.before}” is left out"
        else:
            line = f"增加“{change.after}”" if zh else f"“{change.after}” is added"
        changes.append(f"{change.section}：{line}。" if zh else f"{change.section}: {line}.")
    effect = (
        [
            f"新条款自 {on} 起适用，但不早于最后一方签署之日；此前的期间仍按当时有效的条款计算。",
            "累计数额（累计销售额、封顶、入门费抵扣等）连续计算，不因变更而重新起算。",
            "合同其他内容不变。",
        ]
        if zh
        else [
            f"The new terms hold from {on}, at the earliest from the day of the last signature; periods before are computed by the terms of their time.",
            "Cumulative sums (sales, caps, credits) run on and do not begin anew.",
            "Everything else in the contract stays as it is.",
        ]
    )
    sections = [(s.title, list(s.lines)) for s in words.plain_words(amendment.new_terms, lang)]
    return [
        ("变更内容" if zh else "What changes", changes),
        ("生效与计算" if zh else "Effect and computation", effect),
        *sections,
    ]
