from django.apps import AppConfig


class AlertsConfig(AppConfig):
    name = "alerts"

    def ready(self) -> None:
        from alerts.cases.beside import beside as cases
        from alerts.classification.beside import beside as classes
        from alerts.reminders.rules import PREFIX
        from alerts.reminders.tell import still_due
        from alerts.signals.beside import offer
        from loanwatch.trail.outbox.hooks import recheck_before_sending

        offer("cases", cases)
        offer("classes", classes)
        recheck_before_sending(PREFIX, still_due)
