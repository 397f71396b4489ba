"""Judged sets for development, made from collections of real texts by rule, so that everybody makes the same ones.

Each set takes away from its documents what its questions were made of (keywords, title, one sentence), so that a
question finds its document by what it is about. `DATA` is the folder with the collections; they are not part of this
repository, because the licence of some is not settled.
"""

import csv
import gzip
import hashlib
import json
import os
import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

DATA = Path(os.environ.get("RELEVANCE_DATA", Path(__file__).resolve().parents[4] / "shared/data"))
LISTINGS = Path(__file__).resolve().parents[3] / "marketplace/demo/data"
_SENTENCES = re.compile(r"(?<=[.。；;！？!?])\s*")


@dataclass(frozen=True)
class Judged:
    """`documents` and `questions` as evaluate_search reads them; `relevant`: ids of documents by id of question."""

    name: str
    documents: list[dict]
    questions: list[dict]
    relevant: dict[str, set[str]] = field(default_factory=dict)


def available() -> bool:
    return (DATA / "csl_zh_full.jsonl.gz").exists()


@cache
def records(name: str) -> tuple[dict, ...]:
    with gzip.open(DATA / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        return tuple(json.loads(line) for line in lines)


def _order(record: dict) -> str:
    return hashlib.sha256(record["id"].encode()).hexdigest()


def _some(records: Iterable[dict], number: int) -> list[dict]:
    return sorted(records, key=_order)[:number]


def _as_document(record: dict, **changes) -> dict:
    names = ("id", "lang", "title", "abstract", "keywords")
    return {name: record.get(name) for name in names} | changes


def _chinese(**changes) -> list[dict]:
    """Papers with their titles, but no keywords, among others of which only the abstract or the title is there."""
    own = [_as_document(r, keywords=None, **changes) for r in records("csl_zh_full")]
    return own + [_as_document(r) for r in (*records("csl_zh_abstracts"), *records("csl_zh_titles"))]


def _english(**changes) -> list[dict]:
    found = [*records("nasa_en_patents"), *records("techport_en_projects")]
    return [_as_document(r, **changes) for r in found]


def _known_items(name: str, documents: list[dict], asked: Iterable[tuple[str, dict]]) -> Judged:
    """Questions that each one document answers."""
    questions, relevant = [], {}
    for number, (document, question) in enumerate(asked):
        key = f"{name}-{number}"
        questions.append({"id": key, **question})
        relevant[key] = {document}
    return Judged(name, documents, questions, relevant)


def zh_keywords(number: int = 300) -> Judged:
    """All keywords of a paper, with spaces between them."""
    chosen = _some((r for r in records("csl_zh_full") if len(r["keywords"]) >= 3), number)
    return _known_items(
        "zh keywords", _chinese(), ((r["id"], {"text": " ".join(r["keywords"])}) for r in chosen)
    )


def zh_topics(number: int = 200) -> Judged:
    """One keyword; relevant is what its authors gave it. Without the documents whose keywords nobody knows."""
    given = defaultdict(set)
    for record in records("csl_zh_full"):
        for word in record["keywords"]:
            given[word].add(record["id"])
    words = sorted(w for w, ids in given.items() if 3 <= len(ids) <= 20 and len(w) >= 2)
    words = sorted(words, key=lambda w: hashlib.sha256(w.encode()).hexdigest())[:number]
    papers = [_as_document(r, keywords=None) for r in records("csl_zh_full")]
    return Judged("zh topics", papers, [{"id": w, "text": w} for w in words], {w: given[w] for w in words})


def zh_titles(number: int = 300) -> Judged:
    """A title; its paper shows the abstract alone."""
    chosen = _some(records("csl_zh_full"), number)
    return _known_items("zh titles", _chinese(title=None), ((r["id"], {"text": r["title"]}) for r in chosen))


def titles_among_both(code: str, number: int = 300) -> Judged:
    """A title; its paper or patent shows the abstract alone, among papers and patents of both languages."""
    name = {"zh": "csl_zh_full", "en": "nasa_en_patents"}[code]
    chosen = _some((r for r in records(name) if r["title"] and r["abstract"]), number)
    untitled = {r["id"] for r in chosen}
    both = (_as_document(r, keywords=None) for r in (*records("csl_zh_full"), *records("nasa_en_patents")))
    documents = [d | {"title": None} if d["id"] in untitled else d for d in both]
    return _known_items(
        f"{code} titles among both", documents, ((r["id"], {"text": r["title"]}) for r in chosen)
    )


def zh_needs(number: int = 250, *, detail: bool = True) -> Judged:
    """A need by its keywords in a sentence, with the first sentences of the abstract as its detail; the technology
    is the rest of the abstract."""
    rest, asked = {}, []
    for record in _some((r for r in records("csl_zh_full") if len(r["keywords"]) >= 2), number * 2):
        sentences = [s for s in _SENTENCES.split(record["abstract"]) if s]
        if len(sentences) >= 4 and len(asked) < number:
            half = len(sentences) // 2
            rest[record["id"]] = "".join(sentences[half:])
            question = {"text": f"寻求{'、'.join(record['keywords'][:2])}方面的技术"}
            if detail:
                question["detail"] = "".join(sentences[:half])
            asked.append((record["id"], question))
    documents = [d | {"title": None, "abstract": rest[d["id"]]} if d["id"] in rest else d for d in _chinese()]
    return _known_items("zh needs with detail" if detail else "zh needs", documents, asked)


def zh_mixed(number: int = 200) -> Judged:
    """Keywords of which some are in Latin letters."""
    latin = re.compile(r"[A-Za-z]{2,}")
    chosen = (
        r for r in records("csl_zh_full")
        if any(latin.search(k) for k in r["keywords"]) and not all(k.isascii() for k in r["keywords"])
    )  # fmt: skip
    asked = ((r["id"], {"text": " ".join(r["keywords"][:3])}) for r in _some(chosen, number))
    return _known_items("zh mixed", _chinese(title=None), asked)


def en_titles(number: int = 300) -> Judged:
    """A title; its patent shows the abstract alone."""
    chosen = _some(records("nasa_en_patents"), number)
    return _known_items("en titles", _english(title=None), ((r["id"], {"text": r["title"]}) for r in chosen))


def en_claims(number: int = 300) -> Judged:
    """A sentence from the middle of an abstract, which its document then lacks."""
    asked, without = [], {}
    for record in _some((*records("nasa_en_patents"), *records("techport_en_projects")), 1500):
        sentences = [s for s in _SENTENCES.split(record["abstract"] or "") if len(s) > 60]
        if len(sentences) >= 3 and len(asked) < number:
            sentence = sentences[len(sentences) // 2]
            without[record["id"]] = record["abstract"].replace(sentence, " ")
            asked.append((record["id"], {"text": sentence}))
    documents = [d | {"abstract": without.get(d["id"], d["abstract"])} for d in _english()]
    return _known_items("en claims", documents, asked)


_FRAMES = (
    "what methods are there for {}",
    "what is known about {} and how well does it work",
    "how can {} be made or improved",
    "has anyone investigated {} in practice",
)


def en_questions(number: int = 200) -> Judged:
    """A title as a question; relevant are the patents of the same family, not the one it was made from."""
    patents = {r["case_no"]: r for r in records("nasa_en_patents")}
    families = defaultdict(set)
    for record in patents.values():
        stem = re.match(r"[A-Z]+-\d+", record["case_no"])
        if stem:
            families[stem[0]].add(record["id"])
    chosen = _some((r for r in patents.values() if (m := re.match(r"[A-Z]+-\d+", r["case_no"])) and len(families[m[0]]) > 1), number)  # fmt: skip
    left_out = {r["id"] for r in chosen}
    questions, relevant = [], {}
    for i, record in enumerate(chosen):
        family = families[re.match(r"[A-Z]+-\d+", record["case_no"])[0]] - {record["id"]}
        title = record["title"][:1].lower() + record["title"][1:]
        questions.append({"id": f"q{i}", "text": _FRAMES[i % len(_FRAMES)].format(title)})
        relevant[f"q{i}"] = family
    documents = [d | ({"title": None} if d["id"] in left_out else {}) for d in _english()]
    return Judged("en questions", documents, questions, relevant)


def _listings() -> list[dict]:
    found = []
    for path in sorted(LISTINGS.glob("listings_*.json")):
        found += json.loads(path.read_text("utf-8"))
    return found


def _in_one_language(listing: dict, code: str, **changes) -> dict:
    parts = ("summary", "problem", "advantage", "applications", "body")
    abstract = "\n".join(listing[f"{part}_{code}"] for part in parts if listing.get(f"{part}_{code}"))
    document = {"id": f"{listing['ref']}-{code}", "lang": code, "title": listing[f"title_{code}"], "abstract": abstract,
                "keywords": listing[f"keywords_{code}"]}  # fmt: skip
    return document | changes


def _across(asked: str, found: str, *, large: bool = True, keywords: bool = False) -> Judged:
    """The market of the demo with each listing in one language; the question is in the other one."""
    listings = _listings()
    documents = [_in_one_language(listing, found) for listing in listings]
    if large:
        documents += [_as_document(r) for r in (*records("nasa_en_patents"), *records("csl_zh_full"))]
    questions = []
    for listing in listings:
        text = " ".join(listing[f"keywords_{asked}"]) if keywords else listing[f"title_{asked}"]
        questions.append((f"{listing['ref']}-{found}", {"text": text}))
    return _known_items(f"{asked} for {found}", documents, questions)


def own_titles(code: str) -> Judged:
    """Small and part of the repository: titles of the demo's listings, which show only their texts."""
    documents = [_in_one_language(listing, code, title=None, keywords=None) for listing in _listings()]
    asked = [(f"{li['ref']}-{code}", {"text": li[f"title_{code}"]}) for li in _listings()]
    return _known_items(f"own {code} titles", documents, asked)


def own_titles_beside(code: str, *, other: bool) -> Judged:
    """Titles of every second listing of the demo; `other`: the rest stands beside them in the other language."""
    listings, beside = _listings()[::2], _listings()[1::2]
    documents = [_in_one_language(listing, code, title=None, keywords=None) for listing in listings]
    if other:
        documents += [_in_one_language(listing, {"zh": "en", "en": "zh"}[code]) for listing in beside]
    asked = [(f"{li['ref']}-{code}", {"text": li[f"title_{code}"]}) for li in listings]
    return _known_items(f"own {code} titles beside", documents, asked)


def own_keywords(code: str) -> Judged:
    documents = [_in_one_language(listing, code, keywords=None) for listing in _listings()]
    asked = [(f"{li['ref']}-{code}", {"text": " ".join(li[f"keywords_{code}"])}) for li in _listings()]
    return _known_items(f"own {code} keywords", documents, asked)


def own_needs(code: str) -> Judged:
    """The problem as the need's title, its applications as detail; the listing shows the rest."""
    documents = [
        _in_one_language(
            {**listing, f"problem_{code}": "", f"applications_{code}": "", f"summary_{code}": ""},
            code,
            keywords=None,
        )
        for listing in _listings()
    ]
    asked = [
        (f"{li['ref']}-{code}", {"text": li[f"problem_{code}"], "detail": li[f"applications_{code}"]})
        for li in _listings()
    ]
    return _known_items(f"own {code} needs", documents, asked)


def paraphrases(*styles: str) -> Judged:
    """Problems in words of our own (paraphrases.csv), each with the document that it is about; among the papers and
    patents of both languages where the question is not in one of them."""
    with (Path(__file__).parent / "paraphrases.csv").open(encoding="utf-8", newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if row["style"] in styles]
    both = [_as_document(r) for r in (*records("csl_zh_full"), *records("nasa_en_patents"))]
    documents = {"zh": _chinese, "en": _english}[styles[0]]() if styles[0] in ("zh", "en") else both
    asked = [(row["document"], {"text": row["text"]}) for row in rows]
    return _known_items(f"paraphrases {' '.join(styles)}", documents, asked)


OWN: dict[str, Callable[[], Judged]] = {
    "own zh titles": lambda: own_titles("zh"),
    "own en titles": lambda: own_titles("en"),
    "own zh keywords": lambda: own_keywords("zh"),
    "own en keywords": lambda: own_keywords("en"),
    "own zh needs": lambda: own_needs("zh"),
    "own en needs": lambda: own_needs("en"),
    "own zh for en": lambda: _across("zh", "en", large=False),
    "own en for zh": lambda: _across("en", "zh", large=False),
}
SETS: dict[str, Callable[..., Judged]] = {
    "zh keywords": zh_keywords,
    "zh topics": zh_topics,
    "zh titles": zh_titles,
    "zh needs": lambda **kw: zh_needs(detail=False, **kw),
    "zh needs with detail": zh_needs,
    "zh mixed": zh_mixed,
    "en titles": en_titles,
    "en titles among both": lambda: titles_among_both("en"),
    "zh titles among both": lambda: titles_among_both("zh"),
    "en claims": en_claims,
    "en questions": en_questions,
    "zh paraphrases": lambda: paraphrases("zh"),
    "en paraphrases": lambda: paraphrases("en"),
    "mixed paraphrases": lambda: paraphrases("mixed"),
    "paraphrases across": lambda: paraphrases("zh-en", "en-zh"),
    "zh titles for en": lambda: _across("zh", "en"),
    "en titles for zh": lambda: _across("en", "zh"),
    "zh keywords for en": lambda: _across("zh", "en", keywords=True),
    "en keywords for zh": lambda: _across("en", "zh", keywords=True),
}
