"""Deletes and previews batches by Django's own means, one line of input for each.

    delete ID    Model.delete(), whose Collector deletes leaves without reading them
    signals ID   the same with a receiver of post_delete on every leaf, so that it reads them
    nested ID    what the admin shows before a deletion: NestedObjects

Answers microseconds and rows on one line.
"""

import sys
import time

import django
import psycopg.conninfo
from django.conf import settings


def connect(address):
    parts = psycopg.conninfo.conninfo_to_dict(address)
    settings.configure(
        DEBUG=False,
        INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "batches"],
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.postgresql",
                "NAME": parts["dbname"],
                "USER": parts.get("user", ""),
                "PASSWORD": parts.get("password", ""),
                "HOST": parts.get("host", ""),
                "PORT": parts.get("port", ""),
            }
        },
    )
    django.setup()


def received(**_):
    """What an application does here (an index, a cache) is left out: only being told costs."""


def deleted(models, batch):
    rows, by_model = models.Batch.objects.get(pk=batch).delete()
    return rows


def deleted_with_signals(models, batch):
    from django.db.models.signals import post_delete

    for leaf in models.LEAVES:
        post_delete.connect(received, sender=leaf)
    try:
        return deleted(models, batch)
    finally:
        for leaf in models.LEAVES:
            post_delete.disconnect(received, sender=leaf)


def nested(models, batch):
    from django.contrib.admin.utils import NestedObjects

    collector = NestedObjects(using="default", origin=models.Batch)
    collector.collect([models.Batch.objects.get(pk=batch)])
    collector.nested(lambda row: row.pk)
    return sum(len(rows) for rows in collector.model_objs.values())


def main():
    connect(sys.argv[1])
    from batches import models

    ways = {"delete": deleted, "signals": deleted_with_signals, "nested": nested}
    print("ready", django.get_version(), flush=True)
    for line in sys.stdin:
        way, batch = line.split()
        begin = time.perf_counter_ns()
        rows = ways[way](models, batch)
        print((time.perf_counter_ns() - begin) // 1000, rows, flush=True)


main()
