from django.apps import AppConfig


class InspectionsConfig(AppConfig):
    name = "inspections"

    def ready(self) -> None:
        from alerts.signals.beside import offer
        from inspections.findings.beside import beside as findings
        from inspections.planning.beside import beside

        offer("inspections", beside)
        offer("findings", findings)
