"""Forms of the blocks of an EG (spec 10)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms

from common import french
from common.identifiers import validate_finess, validate_siret

from ..enums import Nomenclature
from ..models import GeographicEntity, LegalEntity
from ..models.base import PhoneFormField
from .base import REQUIRED, BlockForm
from .fields import CountField, LongTextField, NumberField
from .lookups import RecordField, legal_entities_matching
from .terms import TermsForm

if TYPE_CHECKING:
    from ..snapshots import State

SEARCH_STEP = "chercher"
RESET_STEP = "reinitialiser"
READ_ANSWERS = {"true", "false", "unknown", "True", "False", "None", ""}  # what a list of yes, no and unknown may send
NOT_AN_ANSWER = "Choisissez une des réponses de la liste."


class EntityIdentificationForm(TermsForm):
    """Identification: FINESS, SIRET, names, type d'EG, EJ. All but the name are sensitive (spec 01-settled)."""

    model = GeographicEntity
    block = "identification"
    names = ("name", "official_name")
    term_names = {"category": Nomenclature.EG_CATEGORY}
    required_names = frozenset({"name", "official_name", "category"})
    labels = {"category": "Type d’EG (catégorie d’établissement)"}
    help_texts = {
        "name": "Nom sous lequel l’établissement est connu, affiché partout dans le ROR.",
        "official_name": "Raison sociale du site, telle qu’elle est enregistrée dans FINESS.",
        "finess": "Neuf caractères, celui de l’établissement et non celui de l’entité juridique.",
        "siret": "Quatorze chiffres\u00a0: le SIREN de l’entité juridique suivi du numéro du site.",
        "category": "Catégorie FINESS de l’établissement.",
    }
    template = "directory/entity_identification_fields.html"

    def add_fields(self) -> None:
        """Add the EJ, looked for by its FINESS, its SIREN or its name."""
        super().add_fields()
        for name, label, validate in (
            ("finess", "FINESS géographique", validate_finess),
            ("siret", "SIRET", validate_siret),
        ):
            self.fields[name] = NumberField(
                label=label, help_text=self.help_texts[name], required=False, validators=[validate]
            )
        self.fields["legal_entity"] = RecordField(
            label="Entité juridique",
            help_text="Entité juridique dont dépend l’établissement.",
            queryset=LegalEntity.objects.visible_to(self.scope),
            error_messages={"required": REQUIRED},
        )
        self.fields["legal_entity_search"] = forms.CharField(
            label="Chercher une autre entité juridique",
            help_text="FINESS juridique, SIREN ou début du nom.",
            required=False,
            max_length=80,
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer the present EJ, the chosen one and those that the search found."""
        super().__init__(*args, **kwargs)
        self.matches: list[LegalEntity] = []
        if "legal_entity" in self.locked:
            del self.fields["legal_entity_search"]
        elif text := str(self.data.get(self.add_prefix("legal_entity_search"), "")).strip():
            self.matches = legal_entities_matching(self.scope, text)
        chosen = self.data.get(self.add_prefix("legal_entity")) if self.is_bound else self.initial.get("legal_entity")
        self.fields["legal_entity"].offer(chosen, self.matches)

    @property
    def value_names(self) -> tuple[str, ...]:
        """The search is no value of the block."""
        return tuple(name for name in super().value_names if name != "legal_entity_search")

    def after_step(self, step: str) -> BlockForm:
        """Show what the search found."""
        shown = super().after_step(step)
        if step == SEARCH_STEP:
            count = len(self.matches)
            shown.notice = (
                f"{count} entité{'s' if count > 1 else ''} juridique{'s' if count > 1 else ''} trouvée"
                f"{'s' if count > 1 else ''}\u00a0: choisissez dans la liste «\u00a0Entité juridique\u00a0»."
                if count
                else "Aucune entité juridique ne correspond\u00a0: vérifiez le numéro, ou saisissez le début du nom."
            )
        return shown

    def warnings(self) -> list[str]:
        """A SIRET may be shared by EGs that have a FINESS: it is told, not refused (spec 01-settled)."""
        siret = self.cleaned_data.get("siret")
        if not siret:
            return []
        others = GeographicEntity.objects.visible_to(self.scope).filter(siret=siret).exclude(pk=self.record.pk)
        names = ", ".join(f"«\u00a0{other}\u00a0»" for other in others.order_by("sort_name", "pk")[:3])
        return [f"Ce SIRET est aussi celui de {names}."] if names else []


class EntityContactForm(BlockForm):
    """Contact: standard phone, fax, website, mail."""

    model = GeographicEntity
    block = "contact"
    names = ("phone", "fax", "website", "email")
    help_texts = {
        "phone": "Numéro public, repris sur la fiche de chaque unité de l’établissement.",
        "fax": "Laissez vide si l’établissement n’a plus de fax.",
        "website": "Adresse complète, par exemple https://www.etablissement.fr.",
        "email": "Boîte de l’établissement plutôt que celle d’une personne.",
    }


class EntityManagerForm(BlockForm):
    """Responsable of the EG; « Réinitialiser le responsable » empties it, and is saved by « Modifier »."""

    model = GeographicEntity
    block = "responsable"
    names = ("manager_last_name", "manager_first_name", "manager_email", "manager_phone")
    labels = {
        "manager_last_name": "Nom",
        "manager_first_name": "Prénom",
        "manager_email": "Adresse mail",
        "manager_phone": "Téléphone",
    }
    help_texts = {
        "manager_last_name": "Personne à joindre pour ce qui concerne l’établissement.",
        "manager_email": "Adresse professionnelle.",
        "manager_phone": "Ligne directe, si elle peut être communiquée.",
    }
    template = "directory/entity_manager_fields.html"

    def after_step(self, step: str) -> BlockForm:
        """« Réinitialiser » shows the four fields empty: nothing is lost until « Modifier »."""
        if step != RESET_STEP:
            return super().after_step(step)
        emptied = self.state | dict.fromkeys(self.names, "")
        shown = self.again(state=emptied)
        confirm = "Enregistrer la fiche" if self.is_proposal else "«\u00a0Modifier\u00a0»"
        shown.notice = (
            f"Les quatre champs sont vidés. {confirm} confirme la réinitialisation, "
            "«\u00a0Annuler\u00a0» garde le responsable actuel."
        )
        return shown


class EntityDirectorForm(TermsForm):
    """Directeur de l'établissement."""

    model = GeographicEntity
    block = "directeur"
    term_names = {"director_civility": Nomenclature.CIVILITY, "director_title": Nomenclature.TITLE}
    names = ("director_name", "director_email", "director_phone")
    labels = {
        "director_civility": "Civilité",
        "director_title": "Titre",
        "director_name": "Nom",
        "director_email": "Adresse mail",
        "director_phone": "Téléphone",
    }
    help_texts = {
        "director_title": "Titre d’exercice, s’il y en a un.",
        "director_name": "Prénom et nom du directeur ou de la directrice.",
        "director_email": "Adresse professionnelle.",
        "director_phone": "Ligne de la direction.",
    }
    order = ("director_civility", "director_title", "director_name", "director_email", "director_phone")


class EntityComplementsForm(TermsForm):
    """Informations complémentaires, with two référents ROR at most (contact data, which give no right)."""

    model = GeographicEntity
    block = "complements"
    names = ("hosts_families",)
    list_names = (Nomenclature.FINANCIAL_AID, Nomenclature.PLACE_ACCESSIBILITY)
    labels = {"financial_aid": "Aides financières", "place_accessibility": "Accessibilité du lieu"}
    help_texts = {
        "hosts_families": "L’établissement peut héberger la famille des personnes prises en charge.",
        "financial_aid": "Aides que les personnes accueillies peuvent demander.",
        "place_accessibility": "Accessibilité du bâtiment aux personnes à mobilité réduite.",
    }
    template = "directory/entity_complements_fields.html"
    ranks = (1, 2)

    def add_fields(self) -> None:
        """Add the comment, the counts and the référents."""
        super().add_fields()
        self.fields["comment"] = LongTextField(
            label="Commentaire", help_text="Ce qui aide à orienter vers l’établissement et n’a pas de champ à lui."
        )
        families = self.fields["hosts_families"].widget
        families.choices = [("unknown", "Non renseigné"), ("true", "Oui"), ("false", "Non")]
        for name, kind in (("temporary", "temporaire"), ("permanent", "permanent")):
            self.fields[f"social_aid_{name}_places"] = CountField(
                label=f"Places habilitées à l’aide sociale, hébergement {kind}",
                help_text="Laissez vide si vous ne savez pas\u202f; 0 s’il n’y en a aucune.",
            )
        for rank in self.ranks:
            self.fields[f"referent{rank}_name"] = forms.CharField(label="Nom", required=False, max_length=120)
            self.fields[f"referent{rank}_phone"] = PhoneFormField(label="Téléphone", required=False, max_length=25)
            self.fields[f"referent{rank}_email"] = forms.EmailField(label="Adresse mail", required=False)

    @property
    def value_names(self) -> tuple[str, ...]:
        """The référents are one list."""
        names = [name for name in super().value_names if not name.startswith("referent")]
        return (*names, "referents")

    def initial_of(self, name: str) -> Any:
        """Show each référent in its own fields (``_initial``)."""
        return None if name == "referents" else super().initial_of(name)

    def _initial(self) -> dict[str, Any]:
        shown = super()._initial()
        for rank, row in zip(self.ranks, self.state.get("referents") or [], strict=False):
            shown |= {f"referent{rank}_{key}": row[key] for key in ("name", "email")}
            shown[f"referent{rank}_phone"] = french.telephone(row["phone"])
        return shown

    def clean(self) -> dict[str, Any]:
        """Refuse a référent without a name, and an answer that the list does not have."""
        cleaned = super().clean()
        if str(self.data.get(self.add_prefix("hosts_families"))) not in READ_ANSWERS:
            self.add_error("hosts_families", NOT_AN_ANSWER)
        for rank in self.ranks:
            given = cleaned.get(f"referent{rank}_phone") or cleaned.get(f"referent{rank}_email")
            if given and not cleaned.get(f"referent{rank}_name") and f"referent{rank}_name" not in self.errors:
                self.add_error(f"referent{rank}_name", "Donnez le nom du référent, ou videz ses coordonnées.")
        return cleaned

    def values(self) -> State:
        """Kept values, the référents in one list."""
        rows = [
            {key: self.cleaned_data.get(f"referent{rank}_{key}") or "" for key in ("name", "phone", "email")}
            for rank in self.ranks
        ]
        return super().values() | {"referents": [row for row in rows if row["name"]]}
