"""What the checks say of a fiche, rule by rule."""

import pytest

from collaborative.review.checks import FicheFacts, Neighbour, Overlap, Verdict, checks_of
from common.geo import Point
from tests.factories.directory import keyed

EG = {"kind": "eg", "action": "modify", "name": "Maison Vesta"}
UO = {"kind": "uo", "action": "modify", "name": "ACT Vesta"}
FINESS = keyed("75990042")
SIRET = keyed("9900000420001")


def told(facts):
    return [(check.verdict.value, check.text) for check in checks_of(facts)]


def entity(**more):
    return FicheFacts(**(EG | more))


def unit(**more):
    return FicheFacts(**(UO | more))


def test_nothing_is_said_of_what_does_not_change():
    assert told(entity(said={"finess": FINESS, "postal_code": "75010"}, postal_codes=("92000",))) == []
    assert told(unit(current_places=10, proposed={"email": "a@b.example"})) == []


def test_a_finess_that_nobody_has_is_right():
    [line] = told(entity(proposed={"finess": FINESS}, said={"finess": FINESS}))
    assert line == ("ok", "FINESS\u00a0: clé valide, porté par aucun autre établissement.")


@pytest.mark.parametrize(
    ("more", "verdict"),
    [
        ({"proposed": {"finess": "750000001"}}, Verdict.ERROR),
        ({"proposed": {"finess": FINESS}, "neighbours": (Neighbour("Autre", "/a/", finess=FINESS),)}, Verdict.ERROR),
        ({"proposed": {"finess": FINESS}, "legal_finess": FINESS}, Verdict.WARN),
        ({"proposed": {"siret": "1" * 14}}, Verdict.ERROR),
        ({"proposed": {"siret": SIRET}, "legal_siren": "123456789"}, Verdict.WARN),
        ({"proposed": {"siret": SIRET}, "neighbours": (Neighbour("Autre", "/a/", siret=SIRET),)}, Verdict.ERROR),
        (
            {"proposed": {"siret": SIRET}, "neighbours": (Neighbour("Autre", "/a/", siret=SIRET, finess=FINESS),)},
            Verdict.WARN,
        ),
        ({"action": "create"}, Verdict.WARN),
        ({"proposed": {"finess": FINESS}, "rivals": (Neighbour("Un dossier", "/d/", finess=FINESS),)}, Verdict.WARN),
        ({"proposed": {"siret": SIRET}, "rivals": (Neighbour("Un dossier", "/d/", siret=SIRET),)}, Verdict.WARN),
    ],
)
def test_numbers_that_are_wrong_or_shared(more, verdict):
    assert checks_of(entity(**more))[0].verdict == verdict


def test_establishments_of_the_same_name_or_near_by():
    here = {"lat": 48.80, "lon": 2.13}
    neighbours = (
        Neighbour("MAISON VESTA", "/1/", Point(48.9, 2.13)),
        Neighbour("Maison Vesta Sud", "/2/", Point(48.802, 2.13)),
        Neighbour("Clinique des Fleurs", "/3/", Point(48.8001, 2.13)),
        Neighbour("Clinique des Roses", "/4/", Point(48.803, 2.13)),
    )
    lines = checks_of(entity(said=here, proposed={"name": "Maison Vesta"}, neighbours=neighbours))
    assert [(line.text, line.link) for line in lines] == [
        ("Même nom qu’un autre établissement, à 11,1\u00a0km\u00a0:", "MAISON VESTA"),
        ("Nom proche, à 0,2\u00a0km\u00a0:", "Maison Vesta Sud"),
        ("Même endroit, à 0,0\u00a0km\u00a0:", "Clinique des Fleurs"),
    ]
    assert checks_of(entity(said=here, proposed={"email": "a@b.example"}, neighbours=neighbours)) == []


def test_the_postal_code_is_one_of_the_commune():
    facts = {"said": {"postal_code": "75010"}, "proposed": {"postal_code": "75010"}, "commune_name": "Nanterre"}
    assert told(unit(**facts, postal_codes=("75010",))) == [("ok", "Commune et code postal concordent.")]
    wrong = "Code postal 75010\u00a0: ce n’est pas celui de la commune, Nanterre (92000)."
    assert told(unit(**facts, postal_codes=("92000",))) == [("warn", wrong)]


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (100, 120, []),
        (100, 121, ["Places installées\u00a0: de 100 à 121, soit +21\u00a0%."]),
        (100, 79, ["Places installées\u00a0: de 100 à 79, soit −21\u00a0%."]),
        (0, 5, ["Places installées\u00a0: de 0 à 5."]),
        (None, 5, []),
        (30, None, ["Places installées\u00a0: 30 aujourd’hui, plus rien n’est indiqué."]),
    ],
)
def test_installed_places_that_change_by_more_than_a_fifth(before, after, said):
    facts = unit(current_places=before, proposed={"installed_places": after})
    assert [line.text for line in checks_of(facts)] == said


def test_a_number_that_is_no_phone():
    lines = told(unit(proposed={"secretary_phone": "0139501", "medical_phone": "0139501210", "fax": ""}))
    assert lines == [("err", "Téléphone secrétariat\u00a0: «\u00a00139501\u00a0» n’est pas un numéro.")]


def test_a_type_without_activity():
    facts = {"proposed": {"unit_type": {"id": 1, "label": "ACT"}}, "said": {"unit_type": {"id": 1, "label": "ACT"}}}
    assert checks_of(unit(**facts, has_activity=True)) == []
    assert checks_of(unit(**facts, has_activity=False))[0].verdict == Verdict.WARN


def test_a_territory_that_another_cpts_serves():
    overlap = Overlap("CPTS Sud", "/uo/1/", ("Buc", "Jouy", "Viroflay", "Vélizy"))
    [line] = checks_of(unit(overlaps=(overlap,)))
    assert line.text == "4 communes couvertes aussi par une autre CPTS (Buc, Jouy, Viroflay…)\u00a0:"


def test_a_removal_says_what_closes_with_it():
    assert told(entity(action="delete"))[0][0] == "ok"
    [line] = checks_of(entity(action="delete", open_below=("ACT Sud",)))
    assert line.text == "1 unité ouverte hors du dossier serait fermée avec cette fiche\u00a0: ACT Sud."
