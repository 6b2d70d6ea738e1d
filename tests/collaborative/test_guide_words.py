"""The words of the guide for CPTS (seed 002), page by page: who holds it finds each of them where it says."""

import re

import pytest
from django.urls import reverse
from django.utils.html import strip_tags

from collaborative.fiches.services import add_units
from directory.models import GeographicEntity

pytestmark = pytest.mark.django_db

SIGN_IN = """
Identifiant
Mot de passe
Connexion
En vous connectant vous confirmez avoir lu et accepté les conditions générales d’utilisation
Consulter les mentions légales
01 83 76 30 31
"""
LIST = """
Dossier collaboratif
Liste des dossiers collaboratifs
Peuplement de
"""
TREE = """
Créer des unités opérationnelles
Supprimer
Afficher la légende
Entité géographique
Structure de niveau 1
Structure de niveau 2
Unité fonctionnelle
Unité opérationnelle
Médecine / Chirurgie / Obstétrique
Médico-social et social
Psychiatrie
Soins de Longue Durée
Santé Mentale des Adolescents
Soins de Suite et Réadaptation
Médecine de ville
Fiche standard
Fiche en attente
Fiche finalisée (nouvelle fiche)
Fiche finalisée (existe dans le répertoire)
Fiche supprimée (existe dans le répertoire)
Fiche supprimée
Fiche sélectionnée
Fiche déplacée
Envoyer en validation
"""
FICHE = """
Quitter une fiche sans l’enregistrer entraîne la perte de ses données
Afficher les infobulles
Enr. et mettre en attente
Enr. et finaliser
Annuler
Photo
"""
ENTITY = """
Identification
FINESS
SIRET
Nom *
Nom officiel *
Type d’EG
Adresse
Numéro voie *
Extension
Libellé voie *
Complément d’adresse
Contact
Téléphone standard
Site internet
Adresse mail
Directeur de l’établissement
Civilité
Titre
Responsable
Prénom
Réinitialiser le responsable
Commentaire
Hébergement famille
"""
UNIT = """
Unité opérationnelle en création
Nom *
Grand groupe de disciplines *
Type d’UO *
Contacts
Téléphone médical
Fax
Intervention
Territoire d’intervention
Conditions d’admission
Conditions d’accueil
"""
OFFER = """
Activités opérationnelles *
Mode de prise en charge *
Obtenir la liste des spécialisations au format Excel
"""


def words_of(response):
    """Text of a page, on one line."""
    return re.sub(r"\s+", " ", strip_tags(response.content.decode()).replace("&nbsp;", " "))


def missing(response, words):
    text = words_of(response)
    return [line for line in words.strip().splitlines() if line.replace(" *", "*") not in text.replace(" *", "*")]


@pytest.fixture
def fiche_page(desk):
    def address(fiche):
        return reverse("collaborative:fiche_detail", args=[desk.dossier.pk, fiche.pk])

    return address


def test_signing_in(client):
    assert missing(client.get(reverse("login")), SIGN_IN) == []


def test_the_list_and_the_tree(client, desk, cast):
    client.force_login(cast.directeur)
    assert missing(client.get(reverse("collaborative:dossiers")), LIST) == []
    fiche = desk.fiche(desk.world.eg)
    page = client.get(reverse("collaborative:fiche_detail", args=[desk.dossier.pk, fiche.pk]))
    assert missing(page, TREE) == []


def test_the_fiche_of_the_entity(client, desk, cast, fiche_page):
    client.force_login(cast.directeur)
    assert missing(client.get(fiche_page(desk.fiche(desk.world.eg))), FICHE + ENTITY) == []


def test_the_fiche_of_a_new_unit(client, desk, cast, fiche_page):
    client.force_login(cast.directeur)
    [made] = add_units(parent=desk.fiche(desk.world.eg), count=1, **desk.who(None))
    assert missing(client.get(fiche_page(made)), FICHE + UNIT) == []
    shown = FICHE + OFFER.replace("Mode de prise en charge *\n", "")  # of a published unit it changes no more
    assert missing(client.get(fiche_page(desk.fiche(desk.world.act))), shown) == []


def test_the_files_of_a_fiche(client, desk, cast):
    client.force_login(cast.directeur)
    fiche = desk.fiche(desk.world.eg)
    page = client.get(reverse("collaborative:fiche_files", args=[desk.dossier.pk, fiche.pk]))
    assert missing(page, "Ajouter une pièce jointe\nListe des pièces jointes") == []


def test_a_later_update(client, world, cast):
    client.force_login(cast.directeur)
    record = GeographicEntity.objects.get(pk=world.eg.pk)
    page = client.get(reverse("directory:geographic_entity_detail", args=[record.pk]))
    assert missing(page, "Modifier un encadré") == []
    form = client.get(reverse("directory:block_edit", args=["eg", record.pk, "contact"]))
    assert missing(form, "Modifier\nAnnuler\nQuitter une fiche sans l’enregistrer entraîne la perte") == []
