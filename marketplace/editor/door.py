"""The door for those who write terms themselves: a document in, a document out."""

import json

from django.http import JsonResponse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from marketplace import terms as language
from marketplace.terms import editor
from marketplace.terms.editor.draft import Draft

MAX_BYTES = 256 * 1024


def load(data, files, draft: Draft) -> tuple[Draft, list[str]]:
    """A draft from the document that was pasted or uploaded. One that cannot be read is refused with where and
    why, and the draft stays as it was."""
    upload = (files or {}).get("terms_file")
    if upload is not None and upload.size > MAX_BYTES:
        return draft, [_("The document is larger than 256 kB.")]
    document = upload.read() if upload is not None else data.get("terms_json", "").strip().encode()
    if not document:
        return draft, [_("Choose a file or paste the document.")]
    if len(document) > MAX_BYTES:
        return draft, [_("The document is larger than 256 kB.")]
    try:
        return editor.draft_of(language.read(document)), []
    except language.TermsError as error:
        lang = get_language() or "zh-hans"
        return draft, [
            f"{problem.path}: {problem.message(lang)}" if problem.path else problem.message(lang)
            for problem in error.problems[:20]
        ]


def download(terms: language.Terms) -> JsonResponse:
    """The document, with every field stated."""
    answer = JsonResponse(language.write(terms), json_dumps_params={"ensure_ascii": False, "indent": 2})
    answer["Content-Disposition"] = 'attachment; filename="terms.json"'
    return answer


def as_text(terms: language.Terms) -> str:
    return json.dumps(language.write(terms), ensure_ascii=False, indent=2)
