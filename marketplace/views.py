from django.conf import settings
from django.shortcuts import redirect
from django.utils.translation import get_language_from_request


def root(request):
    """The bare address leads to the visitor's language."""
    language = get_language_from_request(request)
    response = redirect(f"/{language if language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE}/")
    response["Vary"] = "Accept-Language, Cookie"
    return response
