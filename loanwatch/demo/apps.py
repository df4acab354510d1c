from django.apps import AppConfig


class DemoConfig(AppConfig):
    name = "loanwatch.demo"
    label = "demo"
