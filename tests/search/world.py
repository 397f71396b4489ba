"""Documents for the tests of both engines: made from facts, without pages."""

from datetime import UTC, datetime

from django.db import transaction

from search.engines import Found
from search.facts import Facts
from search.indexing import lock, store

BATTERY = Facts(
    page_id=1, kind="LISTING", code="UF-2026-000001", path="a/uf-2026-000001/", institution="11", organisation_id=11,
    published_at=datetime(2026, 3, 1, tzinfo=UTC), title_zh="固态电池电解质制备方法", title_en="Solid-state battery electrolyte",
    summary_zh="室温离子电导率达到 10 mS/cm。", summary_en="Ionic conductivity of 10 mS/cm at room temperature.",
    keywords_zh=("固态电池", "电解质"), keywords_en=("solid-state batteries", "electrolytes"),
    body_zh="现有液态电池在低温下容易析锂。本成果采用硫化物电解质。", body_en="Liquid cells plate lithium in the cold.",
    organisation_zh="示例大学", organisation_en="Example University", fields=("engineering", "materials"), trl=5,
    ip=("INVENTION",), free_months=12, triggers=("INCOME", "TIME"), payment="ROYALTY", exclusivity="NON_EXCLUSIVE",
    region="42", programme="hubei", pilot="hubei", price_minor=20_000_000, completeness=90, is_available=True, numbers=("UF-2026-000001", "ZL 2023 1 0123456.7"),
    offer_en="12 months free, then 3 % of net sales",
)  # fmt: skip
QUANTUM = Facts(
    page_id=2, kind="LISTING", code="UF-2026-000002", path="b/uf-2026-000002/", institution="12", organisation_id=12,
    published_at=datetime(2026, 5, 1, tzinfo=UTC), title_zh="量子密钥分发终端", summary_zh="百公里光纤上的密钥分发。",
    keywords_zh=("量子密钥", "保密通信"), body_zh="面向金融专网的终端。", organisation_zh="示范研究院", organisation_en="Model Institute",
    fields=("engineering", "information-engineering"), trl=8, ip=("INVENTION", "SOFTWARE"), free_months=6,
    triggers=("TIME",), payment="LUMP_SUM", exclusivity="EXCLUSIVE", region="33", price_minor=300_000_000, numbers=("UF-2026-000002",),
)  # fmt: skip
PUMP = Facts(
    page_id=3, kind="LISTING", code="UF-2026-000003", path="a/uf-2026-000003/", institution="11", organisation_id=11,
    published_at=datetime(2026, 4, 1, tzinfo=UTC), title_en="Sealing compound for cryogenic pumps",
    summary_en="Seals at -180 °C.", keywords_en=("sealing", "cryogenics"), body_en="Tested over 2,000 cycles with liquid nitrogen.",
    organisation_zh="示例大学", organisation_en="Example University", fields=("engineering", "mechanical"), trl=3,
    ip=("UTILITY_MODEL",), payment="OPEN", exclusivity="SOLE", region="42", price_minor=0, numbers=("UF-2026-000003",),
)  # fmt: skip
NEED = Facts(
    page_id=4, kind="NEED", code="UN-2026-000004", published_at=datetime(2026, 2, 1, tzinfo=UTC), organisation_id=13,
    title_zh="寻找低温下可快充的固态电池方案", body_zh="要求零下二十度充电，循环一千次以上。", region="42", numbers=("UN-2026-000004",),
)  # fmt: skip
SERVICE = Facts(
    page_id=5, kind="SERVICE", code="US-2026-000005", path="c/us-2026-000005/", institution="14", organisation_id=14,
    published_at=datetime(2026, 1, 1, tzinfo=UTC), title_zh="电池安全检测服务", title_en="Battery safety testing",
    organisation_zh="示例检测中心", region="44", numbers=("US-2026-000005",),
)  # fmt: skip
MARKET = (BATTERY, QUANTUM, PUMP, NEED, SERVICE)


@transaction.atomic
def index(*facts: Facts) -> None:
    store(facts, lock(sorted(f.page_id for f in facts)))


def ids(found: Found) -> list[int]:
    return [pk for pk, _score in found.ids]
