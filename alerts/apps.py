from django.apps import AppConfig


class AlertsConfig(AppConfig):
    name = "alerts"

    def ready(self) -> None:
        from alerts.reminders.rules import PREFIX
        from alerts.reminders.tell import still_due
        from loanwatch.trail.outbox.hooks import recheck_before_sending

        recheck_before_sending(PREFIX, still_due)
