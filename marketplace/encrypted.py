"""Text that is encrypted at rest (bank data, gateway keys): Fernet, keys from settings.FIELD_KEYS.

The first key encrypts, all of them decrypt, so keys can be rotated. Retention: with the record it belongs to.
"""

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import models


def _fernet() -> MultiFernet:
    if not settings.FIELD_KEYS:
        raise ImproperlyConfigured(
            "USEFIRST_FIELD_KEYS is not set: bank data cannot be stored without a key."
        )
    return MultiFernet([Fernet(key) for key in settings.FIELD_KEYS])


class EncryptedTextField(models.TextField):
    """Reads and writes as text; the column holds a Fernet token. Cannot be searched."""

    def get_prep_value(self, value):
        value = super().get_prep_value(value)
        return value if not value else _fernet().encrypt(value.encode()).decode()

    def from_db_value(self, value, expression, connection):
        if not value:
            return value
        try:
            return _fernet().decrypt(value.encode()).decode()
        except InvalidToken as error:
            raise ImproperlyConfigured(
                "A stored secret was encrypted with a key that is not in USEFIRST_FIELD_KEYS."
            ) from error
