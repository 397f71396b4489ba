from django.urls import path

from cms.views import drafts, imports, lists, public, review


def _moderated(kind: str, base: str, plural: str) -> list:
    """The desk's pages that listings, needs and services have alike."""
    extra = {"kind": kind}
    verbs = {
        "": ("review", review.review),
        "submit/": ("submit", review.submit),
        "approve/": ("approve", review.approve),
        "return/": ("return", review.return_),
        "take-back/": ("take_back", review.take_back),
        "unpublish/": ("unpublish", review.unpublish),
        "delete/": ("delete", review.delete),
    }
    return [
        path(f"my/{base}/", lists.own_list, extra, name=plural),
        *(
            path(f"my/{base}/<int:pk>/{end}", view, extra, name=f"{kind}_{verb}")
            for end, (verb, view) in verbs.items()
        ),
    ]


urlpatterns = [
    path("listings/<slug:code>/sheet.pdf", public.listing_sheet, name="listing_sheet"),
    path("needs/<slug:code>/", public.need, name="need"),
    path("my/listings/new/", drafts.listing_new, name="listing_new"),
    path("my/listings/<int:pk>/edit/", drafts.listing_edit, name="listing_edit"),
    path("my/listings/<int:pk>/terms/", drafts.listing_terms, name="listing_terms"),
    path("my/listings/<int:pk>/terms/words/", drafts.listing_terms_words, name="listing_terms_words"),
    path("my/listings/<int:pk>/accounts/", drafts.listing_accounts, name="listing_accounts"),
    path("my/listings/import/", imports.listing_import, name="listing_import"),
    path("my/listings/import/template.xlsx", imports.import_template, name="import_template"),
    path("my/listings/import/<int:pk>/", imports.import_run, name="import_run"),
    path("my/listings/import/<int:pk>/run/", imports.import_for_real, name="import_for_real"),
    path("my/listings/import/<int:pk>/report/", imports.import_report, name="import_report"),
    *_moderated("listing", "listings", "listings"),
    path("my/needs/new/", drafts.simple_new, {"kind": "need"}, name="need_new"),
    path("my/needs/<int:pk>/edit/", drafts.simple_edit, {"kind": "need"}, name="need_edit"),
    *_moderated("need", "needs", "needs_mine"),
    path("my/services/new/", drafts.simple_new, {"kind": "service"}, name="service_new"),
    path("my/services/<int:pk>/edit/", drafts.simple_edit, {"kind": "service"}, name="service_edit"),
    *_moderated("service", "services", "services_mine"),
    path("my/institution/", drafts.institution_edit, name="institution_edit"),
]
