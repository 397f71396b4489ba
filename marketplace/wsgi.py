import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "marketplace.settings")
application = get_wsgi_application()
# What was loaded by now stays for ever: the collector need not walk through it again and again. With a thousand
# events in one call that is a good part of the time.
gc.collect()
gc.freeze()
