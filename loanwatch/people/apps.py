from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.db.backends.signals import connection_created


class PeopleConfig(AppConfig):
    name = "loanwatch.people"
    label = "people"

    def ready(self) -> None:
        from loanwatch.people import checks, signins  # noqa: F401  register the system check on URLs, and who logs in and out

        if settings.PROCESS != "web":  # a web process reads for the person of each request
            connection_created.connect(_read_for_the_house, dispatch_uid="read_for_the_house")


def _read_for_the_house(connection: Any, **kwargs: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lw.reader', 'house', false)")
