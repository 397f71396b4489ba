"""Reads the imports and fails on an arrow that points back (docs/architecture.md, 'Who may import whom')."""

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("marketplace", "cms", "search", "contracts")

# Ordered: each may import itself and everything named in its set.
SHARED = {"marketplace.money", "marketplace.clock", "marketplace.terms", "marketplace.refusals"}
# Parts at the root of marketplace that everybody may use.
PARTS = (
    "panels", "desk", "menu", "fields", "uploads", "spreadsheets", "tables", "documents", "badges", "editor",
    "held", "http_api", "prepared", "alone", "bilingual",
)  # fmt: skip
PLUMBING = {
    "marketplace.celery",
    "marketplace.appendonly",
    "marketplace.encrypted",
    "marketplace.models",
    # what pages are made of: registries and helpers that know no area
    *(f"marketplace.{name}" for name in PARTS),
}
GROUND = [
    "marketplace.audit",
    "marketplace.accounts",
    "marketplace.notifications",
    "marketplace.organisations",
    "marketplace.programmes",
]
ALLOWED: dict[str, set[str]] = {
    "marketplace.money": set(),
    "marketplace.terms": {"marketplace.money"},
    "marketplace.watched": set(),
    "marketplace.clock": {"marketplace.models", "marketplace.watched"},
    "marketplace.models": {"marketplace.clock"},
    "marketplace.refusals": set(),
    "marketplace.celery": set(),
    "marketplace.appendonly": set(),
    "marketplace.encrypted": set(),
    **{area: SHARED | PLUMBING | set(GROUND[:i]) for i, area in enumerate(GROUND)},
    "cms": SHARED | PLUMBING | set(GROUND),
    "search": SHARED | PLUMBING | set(GROUND) | {"cms"},
    "marketplace.deals": SHARED | PLUMBING | set(GROUND) | {"cms"},
    "contracts": SHARED | PLUMBING | set(GROUND) | {"marketplace.deals"},
    **{f"marketplace.{name}": SHARED | PLUMBING for name in PARTS},
}
STEPS = ["lifecycle", "usage", "incentives", "billing", "payments", "proceeds"]
EDGES = {
    "views",
    "api",
    "admin",
    "tasks",
    "urls",
    "forms",
    "apps",
    "models",
    "panels",
}  # sit on top of every step
PURE = {"marketplace/money.py", "marketplace/watched.py", "marketplace/terms", "contracts/rating"}


def modules():
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path, ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            source = absolute(path, node)
            found |= {source} | {f"{source}.{alias.name}" for alias in node.names}
    return found


def absolute(path: Path, node: ast.ImportFrom) -> str:
    """The module that is imported from; `from .facts import …` is resolved against the file's package."""
    if not node.level:
        return node.module
    package = path.relative_to(ROOT).parent.parts
    return ".".join([*package[: len(package) - node.level + 1], *([node.module] if node.module else [])])


def area(module: str) -> str | None:
    """The longest key of ALLOWED that `module` lies in; None for code on top (urls, dashboard, commands)."""
    names = [key for key in ALLOWED if module == key or module.startswith(key + ".")]
    return max(names, key=len, default=None)


def test_no_arrow_points_back():
    wrong = []
    for path, module in modules():
        home = area(module)
        if home is None:
            continue
        for name in imports(path):
            if name.split(".")[0] not in PACKAGES or name in PACKAGES:
                continue
            target = area(name)
            if target is None and name.startswith("marketplace."):
                wrong.append(f"{module} imports {name}, which stands on top")
            elif target is not None and target != home and target not in ALLOWED[home]:
                wrong.append(f"{module} imports {name}")
    assert wrong == []


def test_steps_of_contracts_know_only_those_before():
    wrong = []
    for path, module in modules():
        parts = module.split(".")
        if (
            parts[0] != "contracts"
            or len(parts) < 2
            or (parts[-1] in EDGES and len(parts) <= 3 and parts[-1] != "models")
        ):
            continue
        step = parts[1]
        for name in imports(path):
            other = name.split(".")[1] if name.startswith("contracts.") and "." in name else None
            if other is None or other == step:
                continue
            if (step in ("ledger", "rating") and other in STEPS) or (
                step in STEPS and other in STEPS and STEPS.index(other) > STEPS.index(step)
            ):
                wrong.append(f"{module} imports {name}")
    assert wrong == []


@pytest.mark.parametrize("place", [*sorted(PURE), "rules.py"])
def test_pure_code_needs_only_the_standard_library(place):
    wrong = []
    for path, module in modules():
        relative = path.relative_to(ROOT).as_posix()
        if not (
            relative == place
            or relative.startswith(place + "/")
            or (place == "rules.py" and path.name == place)
        ):
            continue
        for name in imports(path):
            top = name.split(".")[0]
            pure_home = name.startswith(
                ("marketplace.money", "marketplace.terms", "contracts.rating")
            ) or name.endswith((".rules", "rules"))
            if (
                top not in sys.stdlib_module_names
                and not pure_home
                and name not in ("marketplace", "contracts")
                and ".rules." not in name
            ):
                wrong.append(f"{module} imports {name}")
    assert wrong == []
