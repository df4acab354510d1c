from django.apps import AppConfig


class InspectionsConfig(AppConfig):
    name = "inspections"

    def ready(self) -> None:
        from alerts.signals.beside import offer
        from inspections.planning.beside import beside

        offer("inspections", beside)
