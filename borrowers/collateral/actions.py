"""The writing door for price series. Items, pledges and valuations come through `borrowers.doors`."""

from django.db import connection

from borrowers.feeds.models import Delivery

STAGED_INDEX = {"series": "text", "region": "text", "on": "date", "value": "numeric"}


def save_staged_index(*, delivery: Delivery) -> tuple[int, int]:
    """Bring price series to the temporary table `staged_index`; returns how many points are new and how many were revised."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE borrowers_priceindex p SET value = s.value, delivery_id = %s
            FROM staged_index s WHERE (p.series, p.region, p."on") = (s.series, s.region, s."on") AND p.value <> s.value
            """,
            [delivery.pk],
        )
        revised = cursor.rowcount
        cursor.execute(
            """
            INSERT INTO borrowers_priceindex (series, region, "on", value, delivery_id)
            SELECT series, region, "on", value, %s FROM staged_index ON CONFLICT (series, region, "on") DO NOTHING
            """,
            [delivery.pk],
        )
        return cursor.rowcount, revised
