"""合同文本 as PDF: made once when signing opens, kept with its SHA-256, never rendered again."""

import hashlib

from django.core.files.base import ContentFile
from django.utils import translation

from contracts.lifecycle.clauses import general_articles
from contracts.lifecycle.completeness import latest_effect
from contracts.lifecycle.example import worked_example
from contracts.lifecycle.models import ContractDocument, LicenceContract
from contracts.lifecycle.states import Side
from marketplace.clock import now, today
from marketplace.deals.models.offer import sealed
from marketplace.documents import render_pdf
from marketplace.terms import words

IP_KINDS = {
    "INVENTION": ("发明专利", "invention patent"),
    "UTILITY_MODEL": ("实用新型", "utility model"),
    "DESIGN": ("外观设计", "design"),
    "SOFTWARE": ("软件著作权", "software copyright"),
    "IC_LAYOUT": ("集成电路布图设计", "IC layout"),
    "PLANT_VARIETY": ("植物新品种", "plant variety"),
    "KNOW_HOW": ("技术秘密", "know-how"),
    "OTHER": ("其他权利", "other right"),
}
ROLES = {
    Side.LICENSOR: ("许可方", "Licensor"),
    Side.LICENSEE: ("被许可方", "Licensee"),
    Side.AGENCY: ("技术转移机构", "Technology transfer agency"),
}


def contract_text(contract: LicenceContract) -> dict:
    """Everything that the paper states, for its hash; the same contract gives the same text."""
    return {
        "number": contract.number,
        "subject": {
            name: contract.subject.get(name) for name in ("listing", "licensor", "licensee", "agency")
        },
        "terms_hash": contract.current_terms_row.terms_hash,
        "pricing": str(contract.pricing_method),
        "language": contract.text_language,
        "effective_on": contract.agreed_effective_on.isoformat() if contract.agreed_effective_on else None,
    }


def make_contract_pdf(contract: LicenceContract) -> ContractDocument:
    """Render and store the text to be signed; the hash of the text stands on each page."""
    text_hash = sealed(contract_text(contract))
    english = contract.text_language == "en"
    with translation.override("en" if english else "zh-hans"):
        pdf = render_pdf("contracts/contract", _data(contract, text_hash), moment=now())
    return store(contract, ContractDocument.Kind.CONTRACT, f"{contract.number}.pdf", pdf, text_hash=text_hash)


def store(
    contract: LicenceContract,
    kind: str,
    name: str,
    content: bytes,
    *,
    text_hash: str = "",
    side: str = "",
    by=None,
) -> ContractDocument:
    """Keep a paper's bytes with their SHA-256."""
    digest = hashlib.sha256(content).hexdigest()
    return ContractDocument.objects.create(
        contract=contract,
        kind=kind,
        file=ContentFile(content, name=f"{digest[:16]}-{name}"),
        name=name[-150:],
        size=len(content),
        sha256=digest,
        text_hash=text_hash,
        side=side,
        made_by=by,
        made_at=now(),
    )


def store_upload(contract: LicenceContract, kind: str, file, *, side: str = "", by=None) -> ContractDocument:
    """Keep an uploaded file that `uploads.clean_upload` has checked."""
    file.seek(0)
    return store(contract, kind, file.name, file.read(), side=side, by=by)


def _data(contract: LicenceContract, text_hash: str) -> dict:
    lang = contract.text_language
    place = 1 if lang == "en" else 0

    def say(zh: str, en: str) -> str:
        return f"{zh} / {en}" if lang == "both" else (zh, en)[place]

    def named(stated: dict) -> str:
        pair = [stated.get("name_zh") or "", stated.get("name_en") or ""]
        if lang == "both":
            return " / ".join(name for name in pair if name)
        return pair[place] or pair[1 - place]

    listing = contract.subject["listing"]
    titles = [listing.get("title_zh") or "", listing.get("title_en") or ""]
    title = " / ".join(filter(None, titles)) if lang == "both" else titles[place] or titles[1 - place]
    parties = [(side, contract.subject[side.lower()]) for side, _party in contract.parties]
    terms = contract.terms
    example = worked_example(terms, latest_effect(contract), "en" if place else "zh-hans")
    texts = []
    if lang in ("both", "zh-hans"):
        note = "本合同以中英文书就；两种文本不一致时，以中文文本为准。" if lang == "both" else ""
        texts.append({"zh": True, "note": note, "articles": _articles(contract, "zh-hans")})
    if lang in ("both", "en"):
        note = "English text. If the two texts differ, the Chinese text prevails." if lang == "both" else ""
        texts.append({"zh": False, "note": note, "articles": _articles(contract, "en")})
    return {
        "title": say("科技成果许可合同（先使用后付费）", "Licence contract (use first, pay later)"),
        "subtitle": title,
        "number": contract.number,
        "issued": today(),
        "foot": f"{say('文本哈希', 'Hash of the text')} {text_hash}",
        "parties": [
            {
                "role": say(*ROLES[side]),
                "facts": [
                    (say("名称", "Name"), named(stated)),
                    (say("信用代码", "Credit code"), stated.get("credit_code") or "–"),
                    (say("地址", "Address"), stated.get("address") or "–"),
                ],
            }
            for side, stated in parties
        ],
        "subject": {
            "head": say("许可标的", "Subject"),
            "facts": [
                (say("成果", "Result"), title),
                (say("挂牌编号", "Listing"), listing.get("code") or "–"),
                (say("技术就绪度", "TRL"), str(listing.get("trl") or "–")),
            ],
        },
        "rights": {
            "head": [
                say("类型", "Kind"), say("编号", "Number"), say("名称", "Title"), say("申请日", "Filed"),
                say("授权日", "Granted"), say("届满日", "Expires"),
            ],
            "rows": [
                [
                    say(*IP_KINDS.get(right["kind"], IP_KINDS["OTHER"])),
                    *(right.get(name) or "–" for name in ("number", "title", "filed_on", "granted_on", "expires_on")),
                ]
                for right in listing["ip_rights"]
            ],
        },
        "texts": texts,
        "example": example
        and {
            "head": say("计算示例", "Worked example"),
            "assumptions": list(example.assumptions),
            "columns": [say("日期", "Date"), say("项目", "Item"), say("金额", "Amount")],
            "rows": [
                *([line.on, line.what, line.amount.format()] for line in example.lines),
                ["", say("合计", "Total"), example.total.format()],
            ],
        },
        "signers": [(say(*ROLES[side]), named(stated)) for side, stated in parties],
        "hash_words": say(
            "每页页脚的哈希值由当事人、标的、条款与文本语言计算得出；文件自身的 SHA-256 见合同页面。",
            "The hash at the foot of each page is computed from parties, subject, terms and language; the SHA-256 of the file itself stands on the contract's page.",
        ),
        "text_hash": text_hash,
    }  # fmt: skip


def _articles(contract: LicenceContract, lang: str) -> list:
    sections = [(section.title, list(section.lines)) for section in words.plain_words(contract.terms, lang)]
    return [*sections, *general_articles(contract, lang)]
