from django.apps import AppConfig


class DeskConfig(AppConfig):
    name = "loanwatch.desk"
    label = "desk"
