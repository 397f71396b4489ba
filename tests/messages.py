"""Finds every translatable string of the project, and every text that forgot to be one."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("marketplace", "cms", "search", "contracts")

# Which arguments of a function are (context, message, plural).
ARGUMENTS = {
    "gettext": (None, 0, None),
    "gettext_lazy": (None, 0, None),
    "gettext_noop": (None, 0, None),
    "ngettext": (None, 0, 1),
    "ngettext_lazy": (None, 0, 1),
    "pgettext": (0, 1, None),
    "pgettext_lazy": (0, 1, None),
    "npgettext": (0, 1, 2),
    "npgettext_lazy": (0, 1, 2),
}
_STRING = r"""u?(?:'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")"""
_CALL = re.compile(rf"\b(_|n?p?gettext)\(\s*({_STRING}(?:\s*,\s*{_STRING})*)")


@dataclass(frozen=True, order=True)
class Message:
    context: str
    text: str
    plural: str = ""

    @property
    def key(self) -> tuple[str, str]:
        return self.context, self.text


def python_files(*folders: Path) -> Iterator[Path]:
    for folder in folders:
        yield from (path for path in sorted(folder.rglob("*.py")) if "migrations" not in path.parts)


def template_files(*folders: Path) -> Iterator[Path]:
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if "templates" in path.parts and path.suffix in {".html", ".txt", ".xml", ".svg"}:
                yield path


def in_python(source: str) -> Iterator[Message]:
    """Messages of one module; follows `from django.utils.translation import gettext_lazy as …`."""
    tree = ast.parse(source)
    names = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation":
            names |= {alias.asname or alias.name: alias.name for alias in node.names}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        if isinstance(node.func, ast.Name):
            function = names.get(node.func.id, "")
        elif isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name):
            function = node.func.attr if node.func.value.id == "translation" else ""
        else:
            continue
        if function in ARGUMENTS:
            yield from _message(function, [_constant(argument) for argument in node.args])


def in_template(source: str) -> Iterator[Message]:
    for name, arguments in _CALL.findall(templatize(source)):
        function = "gettext" if name == "_" else name
        yield from _message(function, [ast.literal_eval(part) for part in re.findall(_STRING, arguments)])


def _constant(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _message(function: str, arguments: list[str | None]) -> Iterator[Message]:
    context, text, plural = (
        arguments[place] if place is not None and place < len(arguments) else None
        for place in ARGUMENTS[function]
    )
    if text:
        yield Message(context or "", text, plural or "")


def all_messages() -> dict[Message, str]:
    """Every message of the project → one place where it stands."""
    folders = [ROOT / package for package in PACKAGES]
    found: dict[Message, str] = {}
    for files, read in ((python_files, in_python), (template_files, in_template)):
        for path in files(*folders):
            for message in read(path.read_text("utf-8")):
                found.setdefault(message, path.relative_to(ROOT).as_posix())
    return found


# --- Text that is not marked for translation ----------------------------------------------------------------

_NOT_TEXT = re.compile(
    r"\{#.*?#\}"
    r"|\{%\s*comment.*?endcomment\s*%\}"
    r"|\{%\s*blocktrans(?:late)?\b.*?endblocktrans(?:late)?\s*%\}"
    r"|\{%\s*block body_class.*?endblock\s*%\}"
    r"|\{%\s*setvar \w+_tags.*?endsetvar\s*%\}"
    r"|<(script|style|svg)\b.*?</\1>"
    r"|<!--.*?-->"
    r"|\{%.*?%\}|\{\{.*?\}\}",
    re.DOTALL,
)
_ATTRIBUTE = re.compile(r"\b(?:alt|title|placeholder|aria-label|aria-description)\s*=\s*\"([^\"]*)\"")
_TAG = re.compile(r"<[^>]*>", re.DOTALL)
_WORD = re.compile(r"[A-Za-z]{2,}|[\u4e00-\u9fff]+")
# Names, signs and entities that are the same in every language.
SAME_EVERYWHERE = frozenset({
    "API", "CNY", "CSV", "DOI", "Excel", "GB", "ID", "IP", "JSON", "MB", "NASA", "PDF", "QR", "RSS", "SHA", "TOTP",
    "TRL", "UF", "URL", "UseFirst", "XLSX", "amp", "gt", "hellip", "http", "https", "kB", "larr", "lt", "mdash",
    "middot", "nbsp", "ndash", "quot", "rarr", "times",
})  # fmt: skip


def raw_words(source: str) -> list[str]:
    """Words of a template that reach the reader without translation."""
    plain = _NOT_TEXT.sub(" ", source)
    texts = [*_ATTRIBUTE.findall(plain), _TAG.sub(" ", plain)]
    return [word for text in texts for word in _WORD.findall(text) if word not in SAME_EVERYWHERE]
