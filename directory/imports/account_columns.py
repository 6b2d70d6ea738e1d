"""The template « comptes »: its columns, in the order of the sheet."""

from __future__ import annotations

from accounts.roles import ROLE_LABELS

from .template import Template
from .workbook import Column

SHEET = "Comptes"

COLUMNS: tuple[Column, ...] = (
    Column("last_name", "Nom", "Nom de famille.", required=True, example="Diallo", width=22),
    Column("first_name", "Prénom", "Prénom usuel.", required=True, example="Karim", width=18),
    Column(
        "email",
        "Adresse mail",
        "Une adresse par personne. Un compte qui a déjà cette adresse est gardé et reçoit le rôle qui lui manque.",
        required=True,
        example="karim.diallo@etablissement.example",
        width=36,
    ),
    Column("phone", "Téléphone", "Dix chiffres.", example="01 99 00 00 01", text=True, width=16),
    Column("job_title", "Fonction", "Texte libre.", example="Cadre de santé", width=24),
    Column("organisation", "Organisme", "Texte libre.", width=28),
    Column(
        "role",
        "Rôle",
        "Un rôle par ligne\u00a0; une personne qui en a plusieurs a plusieurs lignes.",
        required=True,
        example="Directeur",
        choices=tuple(ROLE_LABELS.values()),
        width=28,
    ),
    Column(
        "scope",
        "Périmètre",
        "«\u00a0région\u00a0», FINESS de l’entité juridique, FINESS ou SIRET de l’établissement, ou identifiant "
        "national de l’unité (11/123). «\u00a0EJ\u00a0» ou «\u00a0EG\u00a0» devant un FINESS lève un doute.",
        required=True,
        example="EG 920000015",
        text=True,
        width=20,
    ),
    Column("until", "Jusqu’au", "Dernier jour du rôle, compris (31/12/2030). Vide\u00a0: sans fin.", width=12),
)
TITLES: dict[str, str] = {column.key: column.title for column in COLUMNS}
SENTENCES = (
    "Une ligne par rôle d’une personne, dans la feuille «\u00a0Comptes\u00a0». Les titres des colonnes ne se changent "
    "pas\u00a0; les colonnes facultatives peuvent être supprimées.",
    "Un compte nouveau reçoit un mail avec son identifiant et un lien pour choisir son mot de passe\u00a0: aucun mot "
    "de passe n’est jamais donné. Un essai à blanc n’envoie rien.",
    "Un rôle déjà tenu est laissé tel quel\u00a0: le fichier peut être déposé plusieurs fois.",
)
TEMPLATE = Template(SHEET, COLUMNS, SENTENCES)
