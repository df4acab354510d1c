from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "loanwatch.people"
    label = "people"

    def ready(self) -> None:
        from loanwatch.people import checks, signins  # noqa: F401  register the system check on URLs, and who logs in and out
