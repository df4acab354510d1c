"""`manage.py check`: every URL has a name and an act for each of its methods, and every act stands in the policy table."""

from typing import Any

from django.core.checks import Error, register

from loanwatch.people.policy import TABLE, Act
from loanwatch.people.routes import PUBLIC, SIGNED, SIGNED_IN, acts_of, all_routes


@register()
def every_url_has_an_act(app_configs: Any = None, **kwargs: Any) -> list[Error]:
    faults = []
    for name, route, pattern in all_routes():
        acts = acts_of(pattern, name)
        if not pattern.name:
            faults.append(Error(f"The URL {route} has no name.", hint="Use loanwatch.people.routes.route().", id="people.E001"))
        elif acts is None:
            faults.append(
                Error(
                    f"The URL {name} ({route}) says no act.",
                    hint="Deny by default: name the act of each method in route().",
                    id="people.E002",
                )
            )
        else:
            faults += [
                Error(f"The URL {name} names {act}, which the policy table does not hold.", id="people.E003")
                for act in acts.values()
                if act not in {PUBLIC, SIGNED, SIGNED_IN} and act not in TABLE
            ]
    faults += [Error(f"The act {act} is not in the policy table.", id="people.E004") for act in Act if act not in TABLE]
    return faults
