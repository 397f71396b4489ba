"""What every page knows."""

from django.conf import settings
from django.utils.translation import get_language


def site(request):
    acting = getattr(request, "acting", None)
    return {
        "acting": acting,
        "DEMO": settings.DEMO,
        "PRODUCT_NAME": settings.PRODUCT_NAME,
        "LANGUAGE": get_language() or settings.LANGUAGE_CODE,
        "SITE_URL": settings.SITE_URL,
    }
