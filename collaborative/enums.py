"""States and acts of dossiers and fiches (spec 30, States). Stored values are ASCII keys."""

from django.db import models


class DossierState(models.TextChoices):
    DRAFT = "draft", "Brouillon"
    FINALISED = "finalised", "Finalisé"
    SENT = "sent", "En validation"
    RETURNED = "returned", "À corriger"
    VALIDATED = "validated", "Validé"
    ABANDONED = "abandoned", "Abandonné"


OPEN_STATES = (DossierState.DRAFT, DossierState.FINALISED, DossierState.SENT, DossierState.RETURNED)
EDITABLE_STATES = (DossierState.DRAFT, DossierState.FINALISED, DossierState.RETURNED)
CLOSED_STATES = (DossierState.VALIDATED, DossierState.ABANDONED)


class DossierAct(models.TextChoices):
    """What changes the state of a dossier, or who decides on it."""

    OPEN = "open", "Ouverture"
    SETTLE = "settle", "Toutes les fiches sont finalisées"
    UNSETTLE = "unsettle", "Une fiche est à finaliser"
    SEND = "send", "Envoi en validation"
    WITHDRAW = "withdraw", "Retrait de la validation"
    TAKE = "take", "Prise en charge"
    TAKE_OVER = "take_over", "Reprise par un autre valideur"
    RELEASE = "release", "Fin de prise en charge"
    RETURN = "return", "Renvoi à corriger"
    VALIDATE = "validate", "Validation"
    VALIDATE_PART = "validate_part", "Validation d’une partie"
    ABANDON = "abandon", "Abandon"


class FicheState(models.TextChoices):
    STANDARD = "standard", "Fiche standard"
    PENDING = "pending", "Fiche en attente"
    FINALISED = "finalised", "Fiche finalisée"
    REMOVED = "removed", "Fiche supprimée"


class FicheAction(models.TextChoices):
    """What publishing the fiche does to the directory."""

    CREATE = "create", "Création"
    MODIFY = "modify", "Modification"
    DELETE = "delete", "Suppression"
    MOVE = "move", "Déplacement"


class FicheAct(models.TextChoices):
    """What changes the state of a fiche."""

    ADD = "add", "Ajout au dossier"
    HOLD = "hold", "Enr. et mettre en attente"
    FINALISE = "finalise", "Enr. et finaliser"
    REMOVE = "remove", "Supprimer"
    RESTORE = "restore", "Rétablir"
    MOVE = "move", "Déplacer"
    RESET = "reset", "Revenir au répertoire"
    RETURN = "return", "Renvoyer à corriger"


class Pictogram(models.TextChoices):
    """What the tree shows before a fiche (seed 002, « Pictogrammes »); the selected one is marked besides.

    ``CONFIRMED`` is a finalised fiche that proposes nothing (``Fiche.is_confirmed``), ``LEFT_ASIDE`` is of validated
    dossiers alone (``Fiche.is_left_aside``).
    """

    STANDARD = "standard", "Fiche standard"
    PENDING = "pending", "Fiche en attente"
    FINALISED_NEW = "finalised_new", "Fiche finalisée (nouvelle fiche)"
    FINALISED_KNOWN = "finalised_known", "Fiche finalisée (existe dans le répertoire)"
    CONFIRMED = "confirmed", "Fiche confirmée sans changement"
    REMOVED_KNOWN = "removed_known", "Fiche supprimée (existe dans le répertoire)"
    REMOVED_NEW = "removed_new", "Fiche supprimée"
    SELECTED = "selected", "Fiche sélectionnée"
    MOVED = "moved", "Fiche déplacée"
    LEFT_ASIDE = "left_aside", "Fiche laissée de côté (rien n’en est écrit)"


class FieldDecision(models.TextChoices):
    """What the validator decides of one proposed field."""

    ACCEPT = "accept", "Accepté"
    AMEND = "amend", "Corrigé par le support"
    KEEP = "keep", "Valeur du répertoire gardée"
    RETURN = "return", "À corriger"


class FileKind(models.TextChoices):
    PHOTO = "photo", "Photo"
    PHOTO_REMOVAL = "photo_removal", "Retrait de la photo"
    ATTACHMENT = "attachment", "Pièce jointe"
    ATTACHMENT_REMOVAL = "attachment_removal", "Retrait d’une pièce jointe"
