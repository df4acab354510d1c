from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "loanwatch.people"
    label = "people"

    def ready(self) -> None:
        from loanwatch.people import checks  # noqa: F401  registers the system check on URLs
