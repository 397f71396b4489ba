"""The language of an answer."""

from django.middleware.locale import LocaleMiddleware


class LanguageMiddleware(LocaleMiddleware):
    """Pages carry their language in the address, and a visitor without one is led there. Programs are not: what
    the API does not have is a 404."""

    def process_response(self, request, response):
        if request.path_info.startswith("/api/"):
            return response
        return super().process_response(request, response)
