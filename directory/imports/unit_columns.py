"""The template « établissements et unités »: its columns, in the order of the sheet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .template import Template
from .workbook import Column

if TYPE_CHECKING:
    from .unit_rows import Lists

SHEET = "UO"
TEXT = True


def column(key: str, title: str, help: str, example: str = "", **more) -> Column:  # noqa: A002 - as in Column
    """Return a column; see ``Column``."""
    return Column(key, title, help, example=example, **more)


COLUMNS: tuple[Column, ...] = (
    column(
        "finess",
        "FINESS de l’établissement",
        "FINESS géographique, neuf caractères. L’établissement est reconnu à ce numéro, sinon à son SIRET.",
        "920000015",
        text=True,
        width=14,
    ),
    column("siret", "SIRET de l’établissement", "Quatorze chiffres, si le FINESS manque.", text=True, width=17),
    column(
        "entity_name",
        "Nom de l’établissement",
        "Pour créer l’établissement. Inutile quand il est déjà au répertoire, ou donné par une ligne précédente.",
        "ACT Exemple",
        width=34,
    ),
    column("category", "Type d’EG", "Libellé ou code de la catégorie d’établissement.", width=34),
    column("street_number", "Numéro de voie", "Numéro seul.", "12", text=True, width=9),
    column("street_extension", "Extension", "bis, ter…", text=True, width=10),
    column("street_name", "Libellé de voie", "Nature et nom de la voie.", "rue des Lilas", width=30),
    column("postal_code", "Code postal", "Cinq chiffres.", "92000", text=True, width=9),
    column(
        "commune",
        "Commune",
        "Nom ou code INSEE. Pour créer l’établissement, qui est placé au centre de sa commune.",
        "Nanterre",
        text=True,
        width=24,
    ),
    column("entity_phone", "Téléphone standard", "De l’établissement.", "01 99 00 00 01", text=True, width=16),
    column(
        "legal_finess",
        "FINESS de l’entité juridique",
        "Pour créer l’établissement\u00a0: FINESS juridique ou SIREN de l’EJ. À défaut, le SIREN est tiré du SIRET.",
        text=True,
        width=14,
    ),
    column("legal_siren", "SIREN de l’entité juridique", "Neuf chiffres.", text=True, width=12),
    column(
        "legal_name",
        "Nom de l’entité juridique",
        "Si l’EJ est à créer. Sans nom, elle s’appelle «\u00a0EJ <numéro> (à compléter)\u00a0».",
        width=34,
    ),
    column("name", "Nom de l’unité", "Nom de l’UO.", "ACT Exemple – hébergement", required=True, width=34),
    column(
        "unit_type",
        "Type d’UO",
        "Libellé ou code. Le grand groupe de disciplines en découle.",
        "94.46",
        required=True,
        text=True,
        width=44,
    ),
    column("care_mode", "Mode de prise en charge", "Libellé ou code. Vide\u00a0: celui du type.", width=30),
    column(
        "audience",
        "Public pris en charge",
        "Libellés ou codes séparés par «\u00a0;\u00a0». Vide dans le médico-social\u00a0: «\u00a0Tout public\u00a0».",
        "Tout public",
        several=True,
        width=30,
    ),
    column(
        "operational_activity",
        "Activités opérationnelles",
        "Libellés ou codes séparés par «\u00a0;\u00a0».",
        "340; 404",
        several=True,
        width=34,
    ),
    column(
        "min_age",
        "Âge minimum",
        "«\u00a018 ans\u00a0», «\u00a06 mois\u00a0», «\u00a028 jours\u00a0». Vide\u00a0: 0 an.",
        "18 ans",
        width=11,
    ),
    column("max_age", "Âge maximum", "Compris. Vide\u00a0: 150 ans.", width=11),
    column("installed_places", "Places installées", "Nombre entier.", "35", width=10),
    column("capacity_kind", "Lits ou places", "Vide\u00a0: places.", choices=("places", "lits"), width=9),
    column("medical_phone", "Téléphone de l’unité", "Dix chiffres.", "01 99 00 00 02", text=True, width=16),
    column("email", "Adresse mail de l’unité", "Une seule.", width=28),
    column(
        "area",
        "Territoire d’intervention",
        "Communes séparées par «\u00a0;\u00a0»\u00a0: noms, codes postaux ou codes INSEE.",
        "Nanterre; 92400",
        several=True,
        text=True,
        width=34,
    ),
)
TITLES: dict[str, str] = {column.key: column.title for column in COLUMNS}
SENTENCES = (
    "Une ligne par unité opérationnelle (UO), dans la feuille «\u00a0UO\u00a0». Les titres des colonnes ne se changent "
    "pas\u00a0; les colonnes facultatives peuvent être supprimées.",
    "Un établissement déjà au répertoire n’est pas modifié. Une unité qui existe déjà (même établissement, même nom, "
    "même type) est laissée telle quelle\u00a0: le fichier peut être déposé plusieurs fois.",
    "Faites d’abord un essai à blanc\u00a0: il dit ligne par ligne ce qui serait créé ou refusé, et pourquoi.",
    "Les libellés et les codes permis sont dans la feuille «\u00a0Listes\u00a0».",
)


def unit_template(lists: Lists) -> Template:
    """Template with the terms that may be chosen today."""
    columns = [
        Column(**{**vars(column), "choices": tuple(lists.labels(column.key)) or column.choices}) for column in COLUMNS
    ]
    return Template(SHEET, columns, SENTENCES)
