from django.urls import path

from search.views import compare, matches, pages, results, saved, synonyms, upkeep

urlpatterns = [
    path("search/", results.search, name="search"),
    path("search/suggest/", results.suggest, name="search_suggest"),
    path("search/compare/", compare.compare, name="compare"),
    path("search/saved/", saved.saved_searches, name="saved_searches"),
    path("search/saved/save/", saved.save, name="saved_search_save"),
    path("search/saved/<int:pk>/frequency/", saved.frequency, name="saved_search_frequency"),
    path("search/saved/stop/<str:token>/", saved.stop, name="saved_search_stop"),
    path("search/saved/<int:pk>/delete/", saved.delete, name="saved_search_delete"),
    path("search/pages/", pages.saved_pages, name="saved_pages"),
    path("search/pages/<int:pk>/save/", pages.save, name="saved_page_save"),
    path("search/pages/<int:pk>/take-out/", pages.take_out, name="saved_page_take_out"),
    path("search/matches/", matches.matches, name="matches"),
    path("search/matches/told/", matches.told, name="matches_told"),
    path("search/matches/stop/<str:token>/", matches.stop, name="match_stop"),
    path("search/synonyms/", synonyms.synonyms, name="synonyms"),
    path("search/synonyms/import/", synonyms.take_over, name="synonyms_import"),
    path("search/synonyms/<int:pk>/", synonyms.change, name="synonyms_change"),
    path("search/synonyms/<int:pk>/remove/", synonyms.remove, name="synonyms_remove"),
    path("search/health/", upkeep.health, name="search_health"),
    path("search/health/retry/", upkeep.retry, name="search_retry"),
]
