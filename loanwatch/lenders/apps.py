from django.apps import AppConfig


class LendersConfig(AppConfig):
    name = "loanwatch.lenders"
    label = "lenders"
