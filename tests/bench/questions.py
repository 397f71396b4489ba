"""What a large market is asked for."""

from urllib.parse import quote

from django.http import QueryDict

from search.engines import ElasticEngine
from search.finding import read_query
from search.params import SearchParams
from search.viewer import ANONYMOUS
from tests.bench import market_of_documents as market_of


def kinds(documents: int) -> dict[str, list[str]]:
    """The addresses of each kind of request, in a market of so many documents."""
    numbers = [f"UF-2026-{market_of.FIRST + n * 977 % documents}" for n in range(40)]
    keywords = [
        " ".join(r["keywords"][:3])
        for r in market_of.texts()
        if r.get("keywords") and all(len(word) > 3 for word in r["keywords"][:3])
    ][:40]
    broad = ("系统", "方法 研究", "method and system", "材料 性能", "降低成本的设计方法", "模型", "技术 应用", "control system", "分析", "新型 结构",
             "high performance", "实验 结果", "影响因素", "data processing", "优化设计", "工艺", "检测方法 与 装置", "water treatment", "算法", "机制")  # fmt: skip
    fields = sorted({code for pair in market_of.CODES for code in pair})
    alone = [
        f"field={code}&trl={trl}&region={region}"
        for code in fields
        for trl, region in (("4-6", 42), ("7-9", 11), ("1-3", 44))
    ]
    alone += [
        f"payment={p}&free={f}" for p in ("ROYALTY", "LUMP_SUM") for f in ("UP_TO_6", "UP_TO_12", "OVER_24")
    ]
    alone += [f"price=-{most}&ip=INVENTION" for most in (100_000, 500_000, 2_000_000)]
    typed = (
        "锂",
        "dianchi",
        "神经",
        "ldc",
        "carb",
        "jiguang",
        "system",
        "水",
        "shuju",
        "zh",
        "jis",
        "high",
        "met",
        "xitong",
        "材料",
        "fang",
    )
    few, many = _by_hits(documents, [f"/zh-hans/search/?q={quote(text)}" for text in keywords])
    return {
        "selective": [*(f"/zh-hans/search/?q={quote(number)}" for number in numbers), *few],
        "three keywords": many,
        "broad": [f"/zh-hans/search/?q={quote(q)}" for q in broad],
        "one character": [f"/zh-hans/search/?q={quote(q)}" for q in "锂水光药车电力气土木金火人机油肺肝鱼米茶"],
        "facets alone": [f"/zh-hans/search/?{q}" for q in alone],
        "suggest": [f"/zh-hans/search/suggest/?q={quote(q)}" for q in typed],
    }  # fmt: skip


def _by_hits(documents: int, addresses: list[str]) -> tuple[list[str], list[str]]:
    """Those that find at most a hundredth of the market, and the others: any part of several keywords may match."""
    few, many = [], []
    for address in addresses:
        params = SearchParams.from_query(QueryDict(address.partition("?")[2]))
        found = ElasticEngine().search(params, read_query(params.q), ANONYMOUS)
        (few if found.total <= documents / 100 else many).append(address)
    print(f"\nthree keywords: {len(few)} questions find at most a hundredth of the market, {len(many)} more")
    return few, many
