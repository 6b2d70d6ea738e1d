from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models


class Department(models.Model):
    """A department of a loaded region. Another region is loaded by the same commands (spec 00)."""

    code = models.CharField("code", max_length=3, primary_key=True)
    name = models.CharField("nom", max_length=80)
    region_code = models.CharField("code de la région (INSEE)", max_length=3)
    region_name = models.CharField("région", max_length=80)
    order = models.PositiveSmallIntegerField("ordre", default=0)
    outline = models.JSONField("contour", null=True, blank=True, help_text="Géométrie GeoJSON, WGS84.")

    class Meta:
        verbose_name = "département"
        verbose_name_plural = "départements"
        ordering = ["order", "code"]

    def __str__(self):
        return f"{self.name} ({self.code})"


class Commune(models.Model):
    """A commune or a municipal arrondissement of the INSEE list.

    ``name`` is for postal use (« Le Kremlin-Bicêtre »), ``list_name`` for lists and pickers (« Kremlin-Bicêtre (Le) »,
    « Paris 10 »): spec 01-settled.
    """

    insee = models.CharField("code INSEE", max_length=5, primary_key=True)
    name = models.CharField("nom", max_length=80)
    list_name = models.CharField("nom dans les listes", max_length=80)
    key = models.CharField("clé de recherche", max_length=160, db_index=True)
    department = models.ForeignKey(Department, models.PROTECT, related_name="communes", verbose_name="département")
    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="arrondissements",
        verbose_name="commune mère",
    )
    postal_codes = ArrayField(models.CharField(max_length=5), verbose_name="codes postaux", default=list)
    population = models.PositiveIntegerField("population", default=0)
    lat = models.FloatField("latitude")
    lon = models.FloatField("longitude")
    outline = models.JSONField("contour", null=True, blank=True, help_text="Géométrie GeoJSON, WGS84.")

    class Meta:
        verbose_name = "commune"
        verbose_name_plural = "communes"
        ordering = ["key", "insee"]
        indexes = [
            GinIndex(fields=["postal_codes"], name="commune_postal_codes"),
            GinIndex(OpClass("key", name="gin_trgm_ops"), name="commune_trigrams"),  # misspelt names
        ]

    def __str__(self):
        return self.list_name

    @property
    def place_name(self) -> str:
        """Name for a line of text or a map: « Paris 18 », « Le Kremlin-Bicêtre »."""
        return self.list_name if self.parent_id else self.name

    @property
    def only_code(self) -> str:
        """What goes with the name in a list: the postal code, or the department's when there are several."""
        return self.postal_codes[0] if len(self.postal_codes) == 1 else self.department_id

    @property
    def first_postal_code(self) -> str:
        return self.postal_codes[0] if self.postal_codes else ""
