"""Articles that every contract carries beside its terms, in both languages. Sources: Civil Code 845, 865, 866."""

from contracts.lifecycle.models import LicenceContract


def general_articles(contract: LicenceContract, lang: str) -> list[tuple[str, list[str]]]:
    """(heading, paragraphs) in one language."""
    return _english(contract) if lang.startswith("en") else _chinese(contract)


def _effect(contract: LicenceContract, zh: bool) -> str:
    agreed = contract.agreed_effective_on
    if zh:
        rest = f"，但不早于 {agreed}" if agreed else ""
        return f"本合同自最后一方签署之日起生效{rest}。"
    rest = f", but not before {agreed}" if agreed else ""
    return f"This contract takes effect on the day of the last signature{rest}."


def _chinese(contract: LicenceContract) -> list[tuple[str, list[str]]]:
    found = [
        (
            "交付与验收",
            [
                "许可方应向被许可方交付实施许可标的所必需的技术资料，并提供必要的技术指导。",
                "被许可方应在收到后检查并作出接受或者说明缺漏的答复；以被许可方接受之日为交付日。",
            ],
        ),
        (
            "权利保证与有效期",
            [
                "许可仅在许可标的的权利有效期内有效；权利被宣告无效、终止或者届满的，自该日起不再产生新的费用。",
                "许可方保证其有权授予本许可，且不存在与本许可相冲突的在先独占或者排他许可。",
            ],
        ),
        (
            "停止使用与退出",
            [
                "不转化、期满或者终止时，被许可方应停止使用，返还或者销毁技术资料，提交停用承诺和最终使用报告。",
                "终止前已产生的款项仍应按期支付。",
            ],
        ),
        (
            "生效与签署",
            [
                _effect(contract, True),
                "当事人可在平台上重新验证身份后对本文本（以文件 SHA-256 为准）表示同意，也可手写签字盖章后上传扫描件并由对方确认。",
                "平台加盖的电子封印用于证明文件完整性，不属于《电子签名法》所称的可靠电子签名。",
            ],
        ),
    ]
    if contract.agency_id:
        found.insert(
            0,
            (
                "技术转移机构",
                ["技术转移机构作为第三方参与本合同，协助双方履行；其报酬由其与付款方另行约定。"],
            ),
        )
    return found


def _english(contract: LicenceContract) -> list[tuple[str, list[str]]]:
    found = [
        (
            "Delivery and acceptance",
            [
                "The licensor delivers the technical material that is needed to use the subject, and gives the necessary guidance.",
                "The licensee checks what it received and accepts it or says what is missing; the day of acceptance is the day of delivery.",
            ],
        ),
        (
            "The right and its life",
            [
                "The licence holds only while the right lives; when the right is invalidated, lapses or expires, nothing more accrues from that day on.",
                "The licensor warrants that it may grant this licence and that no earlier exclusive or sole licence stands against it.",
            ],
        ),
        (
            "End of use",
            [
                "When the licence is not converted, expires or is terminated, the licensee stops using the subject, returns or destroys the material, and sends a stop-use certificate and a final report.",
                "What accrued before the end stays due on its date.",
            ],
        ),
        (
            "Effect and signatures",
            [
                _effect(contract, False),
                "A party consents to this text (named by the file's SHA-256) on the platform after proving again who it is, or uploads a scan signed and sealed by hand, which the other side confirms.",
                "The seal that the platform puts on the file proves its integrity; it is not a reliable electronic signature in the sense of the Electronic Signature Law.",
            ],
        ),
    ]
    if contract.agency_id:
        found.insert(
            0,
            (
                "The agency",
                [
                    "The technology transfer agency takes part as a third party and helps both sides; its pay is agreed between it and whoever pays it."
                ],
            ),
        )
    return found
