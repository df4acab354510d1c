from django.apps import AppConfig


class TrailConfig(AppConfig):
    name = "loanwatch.trail"
    label = "trail"
