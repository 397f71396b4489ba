"""The index of Elasticsearch: analysers and mapping. Texts arrive folded (search.analysis.fold), on both sides."""

import hashlib
import json

K1, B = 1.2, 0.75

SETTINGS: dict = {
    "number_of_shards": 1,  # one set of term statistics; a market has millions of documents, not billions
    "number_of_replicas": 0,
    "refresh_interval": "1s",
    "max_result_window": 10_000,
    "similarity": {"default": {"type": "BM25", "k1": K1, "b": B}},
    "analysis": {
        "filter": {
            "english_stop": {"type": "stop", "stopwords": "_english_"},
            # Porter's first stemmer, not the second one as in search.analysis: no worse (docs/search.md), half the work
            "english_stem": {"type": "porter_stem"},
            "han": {"type": "keep_types", "types": ["<IDEOGRAPHIC>", "<HIRAGANA>", "<KATAKANA>", "<HANGUL>"]},
        },
        "analyzer": {
            # pairs of Han characters, stems of English words
            "pairs": {
                "type": "custom",
                "tokenizer": "standard",
                "filter": ["cjk_bigram", "english_stop", "english_stem"],
            },
            "singles": {"type": "custom", "tokenizer": "standard", "filter": ["han"]},  # Han characters alone
        },
    },
}

# All texts of a document in one field, for one score over all of them: half the work of a field each, for the index and
# for every request, and only so can a search pass over what cannot come first.
_TEXT = {
    "type": "text",
    "analyzer": "pairs",
    "fields": {"one": {"type": "text", "analyzer": "singles", "index_options": "freqs"}},
}
_WORD = {"type": "keyword", "ignore_above": 100}

MAPPING: dict = {
    "dynamic": False,
    "_source": {"enabled": True},
    "properties": {
        "text": _TEXT,
        **dict.fromkeys(
            (
                "audience", "kind", "fields", "ip", "free", "triggers", "payment", "exclusivity", "institution",
                "region", "languages", "programme", "identifiers", "pilot", "price",
            ),
            _WORD,
        ),
        "trl": {"type": "byte"},
        "free_months": {"type": "short"},
        "price_minor": {"type": "long"},
        "completeness": {"type": "short"},
        "is_available": {"type": "boolean"},
        "published_at": {"type": "date"},
        "page_id": {"type": "long"},
    },
}  # fmt: skip

# Written into each index that is made, so that one made by other code is known (search.status).
FINGERPRINT = hashlib.sha256(json.dumps([SETTINGS, MAPPING], sort_keys=True).encode()).hexdigest()[:16]
MAPPING["_meta"] = {"fingerprint": FINGERPRINT}
