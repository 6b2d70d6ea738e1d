from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from common.phones import normalise_phone, validate_phone
from common.text import fold

from ..enums import ClosureKind, PositionSource, PublicationStatus


class PhoneFormField(forms.CharField):
    """A phone number typed in any spelling, given back in its stored form."""

    def clean(self, value):
        return super().clean(normalise_phone(value or ""))


class PhoneField(models.CharField):
    """A phone number in its stored form: ten digits or a short number (``common.phones``)."""

    default_validators = [validate_phone]

    def __init__(self, *args, **kwargs):
        kwargs.setdefault("max_length", 10)
        kwargs.setdefault("blank", True)
        super().__init__(*args, **kwargs)

    def formfield(self, **kwargs):
        """Accept a number typed in any spelling."""
        return super().formfield(**{"form_class": PhoneFormField, "max_length": 25, **kwargs})


class TrackedModel(models.Model):
    """What every record carries (spec 10): time and author of its creation and last change, and a version.

    ``version`` grows by one at each change and is compared in the UPDATE (DESIGN, decision 9).
    """

    created_at = models.DateTimeField("créée le", auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="créée par",
    )
    updated_at = models.DateTimeField("modifiée le", auto_now=True)
    updated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="modifiée par",
    )
    updated_role = models.CharField("modifiée au titre de", max_length=32, blank=True)
    version = models.PositiveIntegerField("version", default=1)

    class Meta:
        abstract = True


class NamedModel(models.Model):
    """A named record sorted on a stored key (lower case, no accents): no collation of the server is needed.

    ``derive`` runs at each ``save``; bulk writers call it themselves.
    """

    name = models.CharField("nom", max_length=255)
    sort_name = models.CharField("clé de tri", max_length=255, editable=False)

    derived_fields: tuple[str, ...] = ("sort_name",)

    class Meta:
        abstract = True

    def derive(self) -> None:
        """Set the stored values that follow from others."""
        self.sort_name = fold(self.name)

    def save(self, *args, **kwargs):
        self.derive()
        if kwargs.get("update_fields") is not None:
            kwargs["update_fields"] = {*kwargs["update_fields"], *self.derived_fields}
        super().save(*args, **kwargs)


class PublishedModel(TrackedModel):
    """A record with a publication status and, when closed, the dates of its closure.

    National rules: a closure has a date exactly when it has a kind (RG_EXP_043); a reopening date goes with a temporary
    closure only (RG_EXP_045).
    """

    status = models.CharField(
        "statut",
        max_length=12,
        choices=PublicationStatus,
        default=PublicationStatus.PUBLISHED,
        db_index=True,
    )
    opened_on = models.DateField("ouverte le", null=True, blank=True)
    closure_kind = models.CharField("type de fermeture", max_length=3, choices=ClosureKind, blank=True)
    closed_on = models.DateField("fermée le", null=True, blank=True)
    reopens_on = models.DateField("réouverture prévue le", null=True, blank=True)

    class Meta:
        abstract = True

    @property
    def is_published(self) -> bool:
        return self.status == PublicationStatus.PUBLISHED

    @property
    def is_hidden(self) -> bool:
        return self.status == PublicationStatus.HIDDEN

    @property
    def is_closed(self) -> bool:
        return self.status == PublicationStatus.CLOSED

    @property
    def reopening_is_due(self) -> bool:
        """Tell whether the day announced for the reopening has come."""
        return self.is_closed and self.reopens_on is not None and self.reopens_on <= timezone.localdate()


def refuse_below_closed(record: PublishedModel, *above: PublishedModel | None) -> None:
    """Raise ``ValidationError`` when an open record would stand below a closed one (RG_EXP_044)."""
    closed = next((higher for higher in above if higher is not None and higher.is_closed), None)
    if closed is not None and not record.is_closed:
        raise ValidationError(f"« {closed} » est fermé\u00a0: rouvrez-le d’abord.", code="below_closed")


def closure_constraints(prefix: str) -> list[models.BaseConstraint]:
    """CHECK constraints of ``PublishedModel`` for the table named ``prefix``."""
    return [
        models.CheckConstraint(
            condition=Q(status__in=PublicationStatus.values),
            name=f"{prefix}_status_known",
        ),
        models.CheckConstraint(
            condition=(
                Q(
                    status=PublicationStatus.CLOSED,
                    closed_on__isnull=False,
                    closure_kind__in=ClosureKind.values,
                )
                | (~Q(status=PublicationStatus.CLOSED) & Q(closed_on__isnull=True, closure_kind=""))
            ),
            name=f"{prefix}_closure_dated",
            violation_error_message="Une fermeture a un type et une date, et seule une fiche fermée en a.",
        ),
        models.CheckConstraint(
            condition=Q(reopens_on__isnull=True) | Q(closure_kind=ClosureKind.TEMPORARY, reopens_on__gt=F("closed_on")),
            name=f"{prefix}_reopening_after_temporary_closure",
            violation_error_message="Une réouverture suit une fermeture provisoire.",
        ),
    ]


class AddressModel(models.Model):
    """A French postal address with its position in WGS84 degrees."""

    street_number = models.CharField("numéro de voie", max_length=10, blank=True)
    street_extension = models.CharField("extension", max_length=10, blank=True, help_text="bis, ter…")
    street_name = models.CharField("libellé de voie", max_length=160, blank=True)
    address_complement = models.CharField("complément d’adresse", max_length=160, blank=True)
    postal_code = models.CharField("code postal", max_length=5, blank=True)
    lat = models.FloatField("latitude", null=True, blank=True)
    lon = models.FloatField("longitude", null=True, blank=True)
    position_source = models.CharField("origine du point", max_length=8, choices=PositionSource, blank=True)

    class Meta:
        abstract = True

    ADDRESS_FIELDS = (
        *("street_number", "street_extension", "street_name", "address_complement", "postal_code", "commune_id"),
        *("lat", "lon", "position_source"),
    )

    @property
    def street_line(self) -> str:
        """« 32 bis rue Salvador Allende »."""
        return " ".join(part for part in (self.street_number, self.street_extension, self.street_name) if part)


def address_constraints(prefix: str) -> list[models.BaseConstraint]:
    """CHECK constraints of ``AddressModel`` for the table named ``prefix``."""
    return [
        models.CheckConstraint(
            condition=Q(lat__isnull=True, lon__isnull=True, position_source="")
            | Q(
                lat__isnull=False,
                lon__isnull=False,
                lat__gte=-90,
                lat__lte=90,
                lon__gte=-180,
                lon__lte=180,
                position_source__in=PositionSource.values,
            ),
            name=f"{prefix}_position_whole",
            violation_error_message="Un point a une latitude, une longitude et une origine.",
        ),
        models.CheckConstraint(
            condition=Q(postal_code="") | Q(postal_code__regex=r"^\d{5}$"),
            name=f"{prefix}_postal_code_form",
            violation_error_message="Un code postal a cinq chiffres.",
        ),
    ]
