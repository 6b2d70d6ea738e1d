"""Ready-made reasons to return a field, made once with the reference data; support changes them in the back office."""

from collections.abc import Iterable

from common import reference
from common.french import french_spaces
from common.reference import Loaded, sync_rows

from ..models import ReturnReason

REASONS = (
    (
        "Recouvrement avec une autre structure",
        "Des communes de ce territoire sont déjà couvertes par une autre structure : confirmez-les ou retirez-les.",
    ),
    (
        "FINESS ou SIRET à vérifier",
        "Ce numéro ne correspond pas à cet établissement. Vérifiez-le sur l’arrêté d’autorisation "
        "ou sur l’avis de situation de l’INSEE.",
    ),
    (
        "Nom à préciser",
        "Ce nom ne permet pas de reconnaître la structure : donnez le nom d’usage, sans abréviation.",
    ),
    (
        "Type ou catégorie à revoir",
        "Ce type ne correspond pas à l’autorisation de la structure : choisissez celui de l’arrêté.",
    ),
    (
        "Activités à compléter",
        "Les activités indiquées ne suffisent pas à orienter vers l’unité : ajoutez celles qu’elle exerce vraiment.",
    ),
    (
        "Activités trop larges",
        "Cette unité ne peut pas exercer toutes ces activités : gardez celles qu’elle exerce vraiment.",
    ),
    (
        "Nombre de places à justifier",
        "Le nombre de places change beaucoup : confirmez-le, avec la date de l’autorisation en remarque.",
    ),
    (
        "Téléphone ou mail injoignable",
        "Ce contact ne répond pas : donnez un numéro ou une boîte que l’équipe relève tous les jours ouvrés.",
    ),
    (
        "Adresse ou point sur la carte à corriger",
        "L’adresse et le point sur la carte ne concordent pas : corrigez l’adresse, puis replacez le point.",
    ),
    (
        "Horaires incomplets",
        "Les horaires ne disent pas quand l’unité est joignable : complétez chaque jour d’ouverture.",
    ),
    (
        "Texte à réécrire pour les professionnels",
        "Ce texte s’adresse au grand public ou n’aide pas à orienter : dites qui est admis et comment.",
    ),
    (
        "Donnée nominative à retirer",
        "Ce champ contient des coordonnées personnelles : retirez-les, ou donnez celles du service.",
    ),
    (
        "Doublon possible",
        "Une fiche très proche existe déjà dans le répertoire : dites ce qui les distingue.",
    ),
    (
        "Suppression à confirmer",
        "Cette unité reçoit encore des demandes : confirmez la date de fin d’activité et vers qui orienter.",
    ),
)


def register() -> None:
    """Load the reasons with the reference data."""
    reference.register(load_reasons, order=45)


def load_reasons() -> Iterable[Loaded]:
    """Make the reasons while there is none: support changes them afterwards."""
    known = ReturnReason.objects.exists()
    rows = (
        []
        if known
        else [
            {"label": label, "text": french_spaces(text), "order": 10 * rank}
            for rank, (label, text) in enumerate(REASONS, start=1)
        ]
    )
    return [sync_rows(ReturnReason.objects, "motifs de renvoi", rows, key=("label",))]
