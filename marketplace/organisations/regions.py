"""Codes of GB/T 2260: the 34 provinces, and the prefecture-level places of Hubei.

A code has six digits; its first two name the province, the next two the prefecture.
"""

from collections.abc import Iterable

from django.utils.translation import get_language

# code → (Chinese, English)
PROVINCES: dict[str, tuple[str, str]] = {
    "110000": ("北京市", "Beijing"),
    "120000": ("天津市", "Tianjin"),
    "130000": ("河北省", "Hebei"),
    "140000": ("山西省", "Shanxi"),
    "150000": ("内蒙古自治区", "Inner Mongolia"),
    "210000": ("辽宁省", "Liaoning"),
    "220000": ("吉林省", "Jilin"),
    "230000": ("黑龙江省", "Heilongjiang"),
    "310000": ("上海市", "Shanghai"),
    "320000": ("江苏省", "Jiangsu"),
    "330000": ("浙江省", "Zhejiang"),
    "340000": ("安徽省", "Anhui"),
    "350000": ("福建省", "Fujian"),
    "360000": ("江西省", "Jiangxi"),
    "370000": ("山东省", "Shandong"),
    "410000": ("河南省", "Henan"),
    "420000": ("湖北省", "Hubei"),
    "430000": ("湖南省", "Hunan"),
    "440000": ("广东省", "Guangdong"),
    "450000": ("广西壮族自治区", "Guangxi"),
    "460000": ("海南省", "Hainan"),
    "500000": ("重庆市", "Chongqing"),
    "510000": ("四川省", "Sichuan"),
    "520000": ("贵州省", "Guizhou"),
    "530000": ("云南省", "Yunnan"),
    "540000": ("西藏自治区", "Tibet"),
    "610000": ("陕西省", "Shaanxi"),
    "620000": ("甘肃省", "Gansu"),
    "630000": ("青海省", "Qinghai"),
    "640000": ("宁夏回族自治区", "Ningxia"),
    "650000": ("新疆维吾尔自治区", "Xinjiang"),
    "710000": ("台湾省", "Taiwan"),
    "810000": ("香港特别行政区", "Hong Kong"),
    "820000": ("澳门特别行政区", "Macao"),
}
HUBEI: dict[str, tuple[str, str]] = {
    "420100": ("武汉市", "Wuhan"),
    "420200": ("黄石市", "Huangshi"),
    "420300": ("十堰市", "Shiyan"),
    "420500": ("宜昌市", "Yichang"),
    "420600": ("襄阳市", "Xiangyang"),
    "420700": ("鄂州市", "Ezhou"),
    "420800": ("荆门市", "Jingmen"),
    "420900": ("孝感市", "Xiaogan"),
    "421000": ("荆州市", "Jingzhou"),
    "421100": ("黄冈市", "Huanggang"),
    "421200": ("咸宁市", "Xianning"),
    "421300": ("随州市", "Suizhou"),
    "422800": ("恩施土家族苗族自治州", "Enshi"),
    "429004": ("仙桃市", "Xiantao"),
    "429005": ("潜江市", "Qianjiang"),
    "429006": ("天门市", "Tianmen"),
    "429021": ("神农架林区", "Shennongjia"),
}
REGIONS: dict[str, tuple[str, str]] = {**PROVINCES, **HUBEI}


def _in_language(names: tuple[str, str]) -> str:
    return names[1] if (get_language() or "").startswith("en") else names[0]


def region_name(code: str) -> str:
    """A code in the reader's language: "湖北省武汉市", "Wuhan, Hubei". A prefix ("42") is read as the place it
    begins; a code that is not in the table is named by its province and itself; "" for an empty code."""
    if not code:
        return ""
    full = code.ljust(6, "0")
    province = PROVINCES.get(full[:2] + "0000")
    if province is None:
        return code
    if full in PROVINCES:
        return _in_language(province)
    place = REGIONS.get(full, (f"（{full}）", full))
    if (get_language() or "").startswith("en"):
        return f"{place[1]}, {province[1]}"
    return province[0] + place[0]


def region_choices() -> list[tuple[str, str]]:
    """For a select: each province, followed by the places in it that we list."""
    return [(code, ("  " if code not in PROVINCES else "") + region_name(code)) for code in sorted(REGIONS)]


def lies_in(code: str, prefixes: Iterable[str]) -> bool | None:
    """Whether a region lies in one of the prefixes; None when the code is too coarse to tell, or empty."""
    exact, asked = code.rstrip("0"), [prefix.rstrip("0") for prefix in prefixes]
    if not code:
        return None
    if any(code.startswith(prefix) for prefix in asked):
        return True
    return None if any(prefix.startswith(exact) for prefix in asked) else False
