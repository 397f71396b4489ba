"""All addresses. Pages carry their language; webhooks, files of the API and health do not."""

from django.conf.urls.i18n import i18n_patterns
from django.urls import include, path, reverse_lazy
from django.views.generic import RedirectView
from django.views.i18n import set_language
from wagtail import urls as wagtail_urls
from wagtail.admin import urls as wagtailadmin_urls
from wagtail.documents import urls as wagtaildocs_urls

from marketplace import demo_clock, health, look, views
from marketplace.api import api

# Wagtail's own sign-in pages know neither the second factor nor the limit on attempts: there is one door.
the_sign_in = RedirectView.as_view(url=reverse_lazy("account_login"), query_string=True)

urlpatterns = [
    path("api/v1/", api.urls),  # asked most, found first
    path("", views.root, name="root"),
    path("healthz", health.healthz, name="healthz"),
    path("", include("search.crawler_urls")),
    path("i18n/setlang/", set_language, name="set_language"),
    path("cms-admin/login/", the_sign_in, name="admin_sign_in"),
    path("cms-admin/", include(wagtailadmin_urls)),
    path("documents/", include(wagtaildocs_urls)),
    path("", include("contracts.payments.webhook_urls")),
]
urlpatterns += i18n_patterns(
    path("accounts/", include("allauth.urls")),
    path("operator/clock/", demo_clock.demo_clock, name="demo_clock"),
    path("look/", look.look, name="look"),
    path("look/paper.pdf", look.paper, name="look_paper"),
    path("", include("marketplace.organisations.urls")),
    path("", include("marketplace.programmes.urls")),
    path("", include("marketplace.notifications.urls")),
    path("", include("cms.urls")),
    path("", include("search.urls")),
    path("", include("marketplace.deals.urls")),
    path("", include("contracts.urls")),
    path("", include("marketplace.simulator.urls")),
    path("", include("marketplace.dashboard.urls")),
    path("_util/login/", the_sign_in, name="page_sign_in"),
    path("", include(wagtail_urls)),
)
