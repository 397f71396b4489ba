"""The few words of the one line: code → (Chinese, English). Pure, like the sentences of phrases.py."""

from __future__ import annotations

GISTS: dict[str, tuple[str, str]] = {
    "l_free": ("免费使用 {months} 个月", "{months} months free"),
    "l_gratis": ("无偿许可", "free of charge"),
    "l_option": ("转化时", "on conversion "),
    "l_sum": ("一次付清 {amount}", "{amount} once"),
    "l_entry": ("入门费 {amount}", "{amount} entry fee"),
    "l_milestone": ("里程碑“{name}” {amount}", "{amount} on “{name}”"),
    "l_instalments": ("{amount} 分 {parts} 期", "{amount} in {parts} instalments"),
    "l_when": ("（{trigger}）", " ({trigger})"),
    "l_any": ("或", " or "),
    "l_all": ("且", " and "),
    "l_after": ("{anchor}起满 {months} 个月", "{months} months after {anchor}"),
    "l_at_least": ("{meter} ≥ {amount}", "{meter} ≥ {amount}"),
    "l_royalty": ("{base}提成 {rate}", "{rate} of {base}"),
    "l_units": ("每件 {rate}", "{rate} per unit"),
    "l_yearly": ("年费 {amount}", "{amount} a year"),
    "l_minimum": ("每年不低于 {amount}", "at least {amount} a year"),
    "l_cap_life": ("封顶 {amount}", "capped at {amount}"),
    "l_cap_period": ("每期封顶 {amount}", "capped at {amount} a period"),
    "l_cap_year": ("每年封顶 {amount}", "capped at {amount} a year"),
}
