from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate


class LendersConfig(AppConfig):
    name = "loanwatch.lenders"
    label = "lenders"

    def ready(self) -> None:
        post_migrate.connect(_give_new_parameters, sender=self)


def _give_new_parameters(using: str, **kwargs: Any) -> None:
    """A release may ship parameters that lenders of earlier releases lack; the night would miss them."""
    from loanwatch.lenders.defaults import give_defaults
    from loanwatch.lenders.models import Lender

    tables = connections[using].introspection.table_names()
    if {"lenders_lender", "lenders_parameter"} <= set(tables):
        for lender in Lender.objects.using(using):
            give_defaults(lender)
