import pgtrigger
from django.db import models


class CellDelta(models.Model):
    """What one write changed in the totals of a cell (grouping × department): lines to add up, never updated.

    Triggers on ``GroupedUnit`` write them, so that savers never wait for one another, whatever they save.
    ``availability.summary`` adds them up and merges them. ``hour`` (UTC) is the hour in which the figures behind
    ``free`` and ``counted`` stop counting, empty for rows that do not count; ``rhythm`` is theirs. ``opened`` and
    ``units`` hold at any hour. Rows of a pool, and volatile ones, are left out: they are few, and judged when read.
    """

    grouping = models.ForeignKey(  # no key in the database: deleting a grouping writes lines that cancel its own
        "availability.Grouping", models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    department_code = models.CharField("département", max_length=3)
    rhythm = models.DurationField("rythme attendu", null=True)
    hour = models.DateTimeField("heure de péremption", null=True)
    free = models.IntegerField("places disponibles")
    counted = models.IntegerField("unités comptées")
    opened = models.IntegerField("unités ouvertes à la saisie")
    units = models.IntegerField("unités")

    class Meta:
        verbose_name = "écart d’un total"
        verbose_name_plural = "écarts des totaux"
        ordering = ["pk"]

    def __str__(self):
        return f"{self.grouping_id} / {self.department_code} : {self.free:+d}"


DELTA_COLUMNS = "grouping_id, department_code, rhythm, hour, free, counted, opened, units"
COUNTS = "is_open AND free IS NOT NULL AND confirmed_at IS NOT NULL AND expires_at IS NOT NULL"
IS_SETTLED = "pool_id IS NULL AND NOT is_volatile"


def delta_lines(source: str) -> str:
    """SQL of the lines that the settled rows of ``source`` (with a column ``sign``) add to the totals, merged."""
    return f"""
        SELECT grouping_id, department_code, rhythm, hour,
               sum(free) AS free, sum(counted) AS counted, sum(opened) AS opened, sum(units) AS units
        FROM (
            SELECT grouping_id, department_code,
                   CASE WHEN {COUNTS} THEN rhythm END AS rhythm,
                   CASE WHEN {COUNTS} THEN date_trunc('hour', expires_at, 'UTC') END AS hour,
                   CASE WHEN {COUNTS} THEN sign * free ELSE 0 END AS free,
                   CASE WHEN {COUNTS} THEN sign ELSE 0 END AS counted,
                   CASE WHEN is_open THEN sign ELSE 0 END AS opened,
                   sign AS units
            FROM ({source}) AS changed WHERE {IS_SETTLED}
        ) AS line
        GROUP BY grouping_id, department_code, rhythm, hour
        HAVING sum(free) <> 0 OR sum(counted) <> 0 OR sum(opened) <> 0 OR sum(units) <> 0
    """  # noqa: S608


def _trigger(name: str, operation: pgtrigger.Operation, source: str, **tables: str) -> pgtrigger.Trigger:
    return pgtrigger.Trigger(
        name=f"groupedunit_summary_{name}",
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=operation,
        referencing=pgtrigger.Referencing(**tables),
        func=f"INSERT INTO availability_celldelta ({DELTA_COLUMNS}) {delta_lines(source)}; RETURN NULL;",
    )


ADDED, TAKEN = "SELECT 1 AS sign, * FROM added_rows", "SELECT -1 AS sign, * FROM taken_rows"
SUMMARY_TRIGGERS = [
    _trigger("insert", pgtrigger.Insert, ADDED, new="added_rows"),
    _trigger("update", pgtrigger.Update, f"{TAKEN} UNION ALL {ADDED}", old="taken_rows", new="added_rows"),
    _trigger("delete", pgtrigger.Delete, TAKEN, old="taken_rows"),
]
