"""The tables of the sample `batches`, as a Django application would declare them.

Every reference of the policy that deletes is a foreign key that cascades; the two that change a
row that stays set it to its default. Django recomputes nothing, so it does less than the policy.
"""

from django.db import models


def belongs_to(parent, column, on_delete=models.CASCADE, **options):
    """A reference that the database does not know, as in the sample."""
    return models.ForeignKey(
        parent,
        on_delete=on_delete,
        db_column=column,
        db_constraint=False,
        related_name="+",
        **options,
    )


class Table(models.Model):
    class Meta:
        abstract = True
        managed = False


class Batch(Table):
    id = models.TextField(primary_key=True)
    tag = models.TextField()
    created_at = models.TextField()

    class Meta(Table.Meta):
        db_table = "batches"


class Job(Table):
    id = models.TextField(primary_key=True)
    batch = belongs_to(Batch, "batch_id")
    domain = models.TextField()
    status = models.TextField()

    class Meta(Table.Meta):
        db_table = "jobs"


class Run(Table):
    id = models.TextField(primary_key=True)
    batch = belongs_to(Batch, "batch_id")
    domain = models.TextField()
    status = models.TextField()
    finished_at = models.TextField()

    class Meta(Table.Meta):
        db_table = "runs"


class Domain(Table):
    name = models.TextField()
    latest_run = belongs_to(Run, "latest_run_id", models.SET_DEFAULT, default="")

    class Meta(Table.Meta):
        db_table = "domains"


class Entry(Table):
    run = belongs_to(Run, "run_id")
    module = models.TextField()
    tag = models.TextField()
    level = models.TextField()

    class Meta(Table.Meta):
        db_table = "entries"


class DnssecChain(Table):
    run = models.OneToOneField(
        Run, models.CASCADE, primary_key=True, db_column="run_id", db_constraint=False,
        related_name="+",
    )

    class Meta(Table.Meta):
        db_table = "run_dnssec_chain"


class Fact(Table):
    run = belongs_to(Run, "run_id")
    cohort_id = models.BigIntegerField()
    domain_id = models.BigIntegerField()

    class Meta(Table.Meta):
        abstract = True


class NsEndpoint(Fact):
    pk = models.CompositePrimaryKey(
        "cohort_id", "run_id", "domain_id", "nameserver_id", "address_id", "role", "source"
    )
    nameserver_id = models.BigIntegerField()
    address_id = models.BigIntegerField()
    role = models.TextField()
    source = models.TextField()

    class Meta(Fact.Meta):
        abstract = False
        db_table = "analysis_run_ns_endpoints"


class AddressAsn(Fact):
    pk = models.CompositePrimaryKey("cohort_id", "run_id", "domain_id", "address_id")
    address_id = models.BigIntegerField()

    class Meta(Fact.Meta):
        abstract = False
        db_table = "analysis_run_address_asns"


class DomainAsn(Fact):
    pk = models.CompositePrimaryKey("cohort_id", "run_id", "domain_id", "asn", "family")
    asn = models.BigIntegerField()
    family = models.IntegerField()

    class Meta(Fact.Meta):
        abstract = False
        db_table = "analysis_run_domain_asns"


class TagSummary(Fact):
    pk = models.CompositePrimaryKey("cohort_id", "run_id", "domain_id", "tag", "testcase")
    tag = models.TextField()
    testcase = models.TextField()

    class Meta(Fact.Meta):
        abstract = False
        db_table = "analysis_run_tag_summary"


class DomainFact(Fact):
    pk = models.CompositePrimaryKey("cohort_id", "run_id", "domain_id", "category", "fact_key")
    category = models.TextField()
    fact_key = models.TextField()

    class Meta(Fact.Meta):
        abstract = False
        db_table = "analysis_run_domain_facts"


class DomainSummary(Fact):
    pk = models.CompositePrimaryKey("cohort_id", "run_id", "domain_id")

    class Meta(Fact.Meta):
        abstract = False
        db_table = "analysis_run_domain_summary"


class Snapshot(Table):
    batch = belongs_to(Batch, "batch_id")
    slug = models.TextField()
    status = models.TextField()

    class Meta(Table.Meta):
        db_table = "analysis_cohort_snapshots"


class Cohort(Table):
    source_tag = models.TextField()
    default_snapshot = belongs_to(Snapshot, "default_snapshot_id", models.SET_NULL, null=True)

    class Meta(Table.Meta):
        db_table = "analysis_cohort_catalog"


class SnapshotAggregate(Table):
    pk = models.CompositePrimaryKey("snapshot_id", "category")
    snapshot = belongs_to(Snapshot, "snapshot_id")
    category = models.TextField()

    class Meta(Table.Meta):
        db_table = "analysis_cohort_snapshot_aggregates"


class SnapshotDomain(Table):
    pk = models.CompositePrimaryKey("snapshot_id", "domain_id")
    snapshot = belongs_to(Snapshot, "snapshot_id")
    domain_id = models.BigIntegerField()

    class Meta(Table.Meta):
        db_table = "analysis_snapshot_domain_view"


LEAVES = [Entry, NsEndpoint, AddressAsn, DomainAsn, TagSummary, DomainFact, DomainSummary]
