"""Facts, meaning, acts, desk: relations between tables point upstream only, as imports do."""

from django.apps import apps

RIVER = ["lenders", "people", "trail", "borrowers", "alerts", "inspections", "day", "demo", "desk"]


def relations():
    for model in apps.get_models(include_auto_created=True):
        if model._meta.app_label in RIVER:
            for field in model._meta.get_fields():
                if field.is_relation and not field.auto_created and field.related_model:
                    yield model, field, field.related_model


def test_no_relation_points_downstream():
    wrong = [
        f"{model._meta.label}.{field.name} -> {other._meta.label}"
        for model, field, other in relations()
        if other._meta.app_label in RIVER and RIVER.index(other._meta.app_label) > RIVER.index(model._meta.app_label)
    ]
    assert wrong == []


def test_a_relation_between_packages_has_no_accessor_on_the_upstream_side_that_code_upstream_could_use():
    wrong = [
        f"{model._meta.label}.{field.name}"
        for model, field, other in relations()
        if {model._meta.app_label, other._meta.app_label} <= {"borrowers", "alerts", "inspections"}
        and model._meta.app_label != other._meta.app_label
        and not field.remote_field.hidden
    ]
    assert wrong == [], "give these related_name='+'"
