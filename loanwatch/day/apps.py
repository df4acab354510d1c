from django.apps import AppConfig


class DayConfig(AppConfig):
    name = "loanwatch.day"
    label = "day"
