"""Texts and their translations: what the code says, what the .po files answer, and the .mo files made of them."""

import ast
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass

import polib
from django.utils.translation.template import templatize

from machine.place import ROOT

LOCALE = ROOT / "locale"
CODE = ("marketplace", "cms", "search", "contracts")
CALL = re.compile(r"\b(_|gettext|ngettext|pgettext|npgettext)\(")
PLACEHOLDER = re.compile(r"%\((\w+)\)|\{(\w+)\}")


@dataclass(frozen=True)
class Text:
    """A text in the code: one English sentence in one meaning, and a place where it stands."""

    context: str | None
    english: str
    place: str


def texts() -> Iterator[Text]:
    """Every translatable text of our Python code and templates."""
    for app in CODE:
        for path in sorted((ROOT / app).rglob("*.py")):
            if "migrations" not in path.parts:
                yield from in_python(path.read_text(), str(path.relative_to(ROOT)))
        for path in sorted((ROOT / app).rglob("templates/**/*")):
            if path.suffix in (".html", ".txt"):
                yield from in_template(path.read_text(), str(path.relative_to(ROOT)))


def in_python(source: str, name: str) -> Iterator[Text]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            yield from _in_call(node, f"{name}:{node.lineno}")


def in_template(source: str, name: str) -> Iterator[Text]:
    """Django turns a template into calls between filler; each call is read as far as it is whole."""
    calls = templatize(source)
    for start in CALL.finditer(calls):
        end = start.end()
        while end := calls.find(")", end) + 1:
            try:
                call = ast.parse(calls[start.start() : end].strip(), mode="eval").body
            except SyntaxError:
                continue
            yield from _in_call(call, f"{name}:{calls.count(chr(10), 0, start.start()) + 1}")
            break


def _in_call(call: ast.Call, place: str) -> Iterator[Text]:
    """gettext(english), ngettext(english, plural, n), and both with a context in front; lazy or not."""
    called = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    kind = called.removesuffix("_lazy").removesuffix("_noop")
    if kind not in ("_", "gettext", "ngettext", "pgettext", "npgettext") or not call.args:
        return
    constants = [a.value for a in call.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
    if isinstance(call.args[0], ast.JoinedStr):
        raise ValueError(f"{place}: a text made of parts cannot be translated; use placeholders")
    with_context = kind in ("pgettext", "npgettext")
    if len(constants) > with_context:
        yield Text(constants[0] if with_context else None, constants[with_context], place)


def translations(language: str = "zh_Hans") -> dict[tuple[str | None, str], polib.POEntry]:
    """All finished entries of all parts; a fuzzy one does not count."""
    found = {}
    for po in sorted(LOCALE.rglob(f"{language}/**/*.po")):
        for entry in polib.pofile(str(po), encoding="utf-8"):
            if entry.translated():
                found[entry.msgctxt, entry.msgid] = entry
    return found


def missing() -> list[Text]:
    """One place for each text that has no translation."""
    known = translations()
    wanted = {(text.context, text.english): text for text in texts() if text.english}
    return [text for key, text in wanted.items() if key not in known]


def broken() -> list[str]:
    """Translations that name other placeholders than the English text: they fail, or lose a fact, when shown."""
    problems = []
    for (_context, english), entry in translations().items():
        wanted = names(entry.msgid_plural or english)
        for chinese in [entry.msgstr, *entry.msgstr_plural.values()]:
            if chinese and names(chinese) != wanted:
                problems.append(f"{english!r}: {sorted(wanted)} and {sorted(names(chinese))}")
    return problems


def names(text: str) -> set[str]:
    return {percent or brace for percent, brace in PLACEHOLDER.findall(text)}


def compile_all() -> list[str]:
    """Make each .mo that is missing or older than its .po; returns what could not be read."""
    problems = []
    for po in sorted(LOCALE.rglob("*.po")):
        mo = po.with_suffix(".mo")
        if mo.exists() and mo.stat().st_mtime_ns > po.stat().st_mtime_ns:
            continue
        draft = po.with_name(f"{po.stem}.mo.{os.getpid()}")
        try:
            polib.pofile(str(po), encoding="utf-8").save_as_mofile(str(draft))
        except OSError as problem:  # polib's word for a file that it cannot read, with the line
            problems.append(f"{po.relative_to(ROOT)}: {problem}")
        else:
            draft.replace(mo)  # in one step: a server that starts now reads the old or the new file, whole
    return problems
