"""What a territory makes worth looking at: communes that another CPTS serves, communes that it surrounds."""

import pytest
from django.urls import reverse

from directory.enums import PublicationStatus
from directory.models import InterventionArea
from directory.reference.files import read_outlines
from directory.scopes import scope_of
from directory.territory.advice import advice_on, overlaps
from directory.territory.neighbours import holes_in, load_neighbours, neighbours_of
from tests.factories.directory import CPTS, InterventionAreaFactory, UnitFactory, commune, unit_type

# Nanterre and all that touches it, but Rueil and Puteaux further on.
NANTERRE = "92050"
AROUND = ("92063", "92035", "92062", "92026", "78124", "78146", "92073", "95063", "92025")


def square(column, row):
    """A unit square of a grid."""
    corners = [(column, row), (column + 1, row), (column + 1, row + 1), (column, row + 1), (column, row)]
    return {"type": "Polygon", "coordinates": [[list(corner) for corner in corners]]}


def grid(size):
    """Neighbours of a square grid, its communes named « column row »."""
    places = {f"{column}{row}": square(column, row) for column in range(size) for row in range(size)}
    return neighbours_of(places)


def test_squares_that_share_an_edge_are_neighbours():
    found = grid(3)
    assert found.around["11"] == {"01", "21", "10", "12"}
    assert found.at_border == set(found.around) - {"11"}


def test_holes_are_surrounded_groups():
    whole = grid(5)
    ring = {f"{column}{row}" for column in (1, 2, 3) for row in (1, 2, 3)} - {"22"}
    assert holes_in(ring, whole) == [["22"]]
    assert holes_in(ring | {"22"}, whole) == []
    assert holes_in(ring - {"21"}, whole) == []  # open on one side
    wide = {place for place in whole.around if place[0] in "04" or place[1] in "04"}
    assert holes_in(wide, whole) == [sorted(f"{column}{row}" for column in (1, 2, 3) for row in (1, 2, 3))]
    assert holes_in((), whole) == []
    assert holes_in(["99"], whole) == []


def test_a_commune_with_arrondissements_is_they():
    whole = neighbours_of(
        {f"{column}{row}": square(column, row) for column in range(3) for row in range(3)}, {"P": ["01", "10"]}
    )
    assert holes_in(["P", "12", "21"], whole) == [["11"]]


def test_outlines_of_the_region_share_their_edges():
    whole = neighbours_of(read_outlines("communes", "insee"))
    assert whole.around[NANTERRE] == set(AROUND)
    assert holes_in(AROUND, whole) == [[NANTERRE]]


@pytest.fixture
def around(world):
    outlines = read_outlines("communes", "insee")
    for insee in (NANTERRE, *AROUND, *grown(outlines)):
        place = commune(insee)
        place.outline = outlines[insee]
        place.save(update_fields=["outline"])


def grown(outlines):
    whole = neighbours_of(outlines)
    return sorted({other for insee in AROUND for other in whole.around[insee]} - {NANTERRE, *AROUND})


@pytest.fixture
def cpts(world, around):
    """Another CPTS, on two communes around Nanterre; ``world.act`` becomes one too."""
    world.act.unit_type = unit_type(CPTS)
    world.act.save()
    other = UnitFactory(name="CPTS Boucle Nord", unit_type=unit_type(CPTS))
    for insee in (AROUND[0], AROUND[1]):
        InterventionAreaFactory(unit=other, commune=commune(insee))
    return other


def advice(world, cast, codes, by=None):
    unit = world.act
    scope = scope_of(by or cast.directeur)
    return advice_on(codes, entity_id=unit.geographic_entity_id, unit_type=unit.unit_type_id, scope=scope)


@pytest.mark.django_db
def test_both_are_told_and_named(world, cast, cpts):
    found = advice(world, cast, AROUND)
    [overlap] = found.overlaps
    assert (overlap.name, set(found.shared_codes), found.hole_codes) == (
        "CPTS Boucle Nord",
        {AROUND[0], AROUND[1]},
        [NANTERRE],
    )
    assert overlap.url == reverse("directory:unit_detail", args=[cpts.pk])
    assert found.sentences == [
        "2 communes sont déjà desservies par «\u00a0CPTS Boucle Nord\u00a0»\u00a0: "
        f"{commune('92035').list_name}, {commune('92063').list_name}.",
        "1 commune est entourée par le territoire sans en faire partie\u00a0: Nanterre.",
    ]
    assert not advice(world, cast, [])
    assert not advice(world, cast, [NANTERRE])


@pytest.mark.django_db
def test_what_the_person_may_not_read_and_what_is_closed_is_no_overlap(world, cast, cpts):
    cpts.status = PublicationStatus.HIDDEN
    cpts.save()
    assert advice(world, cast, AROUND).overlaps == ()
    assert len(advice(world, cast, AROUND, by=cast.sesan).overlaps) == 1
    cpts.status, cpts.closure_kind, cpts.closed_on = PublicationStatus.CLOSED, "DEF", "2025-01-01"
    cpts.save()
    assert advice(world, cast, AROUND, by=cast.sesan).overlaps == ()


@pytest.mark.django_db
def test_only_a_cpts_overlaps_another(world, cast, cpts):
    world.act.unit_type = unit_type("94.46")
    assert advice(world, cast, AROUND).overlaps == ()


@pytest.mark.django_db
def test_a_unit_of_the_same_establishment_is_no_other_cpts(world, cast, cpts):
    cpts.geographic_entity = world.act.geographic_entity
    cpts.save()
    assert advice(world, cast, AROUND).overlaps == ()


@pytest.mark.django_db
def test_an_arrondissement_and_its_commune_are_one(world, cast, cpts):
    InterventionAreaFactory(unit=cpts, commune=commune("75056"))
    [found] = overlaps({"x": ["75110"]}, types={"x": cpts.unit_type_id}, own=())["x"]
    assert [served.insee for served in found.communes] == ["75056"]


@pytest.mark.django_db
def test_neighbours_are_read_once_a_process(around, django_assert_num_queries):
    load_neighbours()
    with django_assert_num_queries(1):
        assert load_neighbours().around[NANTERRE] == set(AROUND)


@pytest.fixture
def send(client, cast, world, cpts):
    client.force_login(cast.directeur)
    url = reverse("directory:block_edit", args=["uo", world.act.pk, "intervention"])

    def sent(**data):
        world.act.refresh_from_db()
        typed = {"version": world.act.version, "intervention_communes": " ".join(AROUND), "intervention_details": ""}
        return client.post(url, typed | data, follow=True)

    return sent


@pytest.mark.django_db
def test_a_pasted_list_says_it_before_anything_is_saved(send, world, cpts):
    response = send(intervention_communes="", liste="\n".join(AROUND), codes="insee", etape="reconnaitre")
    assert "2 communes aussi desservies par <a" in response.text
    assert f'href="{reverse("directory:unit_detail", args=[cpts.pk])}"' in response.text
    assert "1 commune entourée par le territoire sans en faire partie&nbsp;: Nanterre" in response.text
    assert "Desservie aussi par une autre CPTS" in response.text
    assert "Entourée, hors du territoire" in response.text
    form = response.context["form"]
    assert form.shared_url.endswith("?t=92.035.063")
    assert form.holes_url.endswith("?t=92.050")
    assert not InterventionArea.objects.filter(unit=world.act).exists()


@pytest.mark.django_db
def test_nothing_stands_against_a_territory_unless_lines_wait(send, cpts):
    words = "Rien n’empêche d’enregistrer ce territoire tel quel"
    assert words in send(etape="inconnue").text
    waits = send(reste="Atlantide")
    assert "À vérifier" in waits.text
    assert words not in waits.text


@pytest.mark.django_db
def test_a_hole_is_filled_by_its_button(send):
    response = send(etape=f"combler:{NANTERRE}")
    form = response.context["form"]
    assert NANTERRE in form["intervention_communes"].value().split()
    assert form.notice == "1 commune ajoutée."
    assert form.advice.holes == ()
    assert send(etape="combler:99999").context["form"].notice == "Déjà dans la liste."


@pytest.mark.django_db
def test_saving_says_it_and_refuses_nothing(send, world):
    response = send()
    assert InterventionArea.objects.filter(unit=world.act).count() == len(AROUND)
    told = [str(message) for message in response.context["messages"]]
    assert any("déjà desservies par «\u00a0CPTS Boucle Nord\u00a0»" in line for line in told)
    assert any("entourée par le territoire" in line for line in told)
