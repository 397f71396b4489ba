from django.contrib.postgres.search import SearchVectorField


class WordsField(SearchVectorField):
    """A stored tsvector. Written as four cut texts, from the weightiest (A, title) to the lightest (D, body); the
    database makes stems of the English words and keeps the pairs of Han characters as they are."""

    def get_placeholder(self, value, compiler, connection):
        return "search_words(%s::text[])"


class CharactersField(SearchVectorField):
    """A stored tsvector of single Han characters, written as text with spaces."""

    def get_placeholder(self, value, compiler, connection):
        return "to_tsvector('simple'::regconfig, %s)"
