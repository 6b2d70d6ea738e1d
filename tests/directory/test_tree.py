import pytest
from django.urls import reverse

from accounts.roles import Role
from directory import tree
from directory.enums import Nomenclature
from directory.models import OperationalUnit
from tests.factories.accounts import UserFactory
from tests.factories.directory import (
    AssignmentFactory,
    GeographicEntityFactory,
    StructureFactory,
    UnitFactory,
    commune,
    term,
)

HTMX = {"headers": {"HX-Request": "true"}}
ROOT = "/repertoire/"


@pytest.fixture
def levels(world):
    pole = StructureFactory(geographic_entity=world.eg, name="Pôle précarité", level="S1")
    service = StructureFactory(geographic_entity=world.eg, name="Service de jour", level="S2", parent=pole)
    UnitFactory(geographic_entity=world.eg, structure=pole, name="Unité du pôle")
    UnitFactory(geographic_entity=world.eg, structure=service, name="Unité du service")
    return {
        "department": reverse("directory:tree_department", args=["92"]),
        "entity": reverse("directory:tree_entity", args=[world.eg.pk]),
        "structure": reverse("directory:tree_structure", args=[pole.pk]),
        "root": ROOT,
        "pole": pole,
        "service": service,
    }


LEVELS = ["root", "department", "entity", "structure"]


def text_of(response):
    return response.content.decode().replace("\u00a0", " ").replace("\u202f", " ").replace("&nbsp;", " ")


@pytest.mark.parametrize("level", LEVELS)
def test_anonymous_is_sent_to_sign_in(client, levels, level):
    assert client.get(levels[level]).url.startswith("/connexion/")


@pytest.mark.parametrize("level", LEVELS)
def test_without_a_role_nothing_is_read(client, cast, levels, level):
    client.force_login(cast.newcomer)
    assert client.get(levels[level]).status_code == 403


@pytest.mark.parametrize("level", LEVELS)
def test_levels_are_read_only(client, cast, levels, level):
    client.force_login(cast.sesan)
    assert client.post(levels[level]).status_code == 405


@pytest.mark.parametrize("level", LEVELS)
def test_each_level_is_a_page_and_a_fragment(client, cast, levels, level):
    client.force_login(cast.consultation)
    assert "<h1>" in text_of(client.get(levels[level]))
    if level != "root":
        fragment = client.get(levels[level], **HTMX)
        assert "<html" not in text_of(fragment)
        assert text_of(fragment).lstrip().startswith("<li>")
        assert "HX-Request" in fragment["Vary"]


def test_root_counts_establishments_by_department(client, cast, world):
    GeographicEntityFactory(nanterre=True, hidden=True)
    GeographicEntityFactory(nanterre=True, closed=True)
    client.force_login(cast.consultation)
    text = text_of(client.get(ROOT))
    assert "Hauts-de-Seine (92)" in text
    assert text.count("1 établissement<") == 2
    assert "Mes structures" not in text


def test_my_structures_come_first_whatever_the_scope(client, cast, world):
    hidden = GeographicEntityFactory(legal_entity=world.ej, name="EG masqué", hidden=True)
    manager = UserFactory(username="direction")
    AssignmentFactory(user=manager, role=Role.DIRECTOR, legal_entity=world.ej)
    for user, shown in ((cast.responsable, {world.eg}), (cast.directeur, {world.eg}), (manager, {world.eg, hidden})):
        client.force_login(user)
        text = text_of(client.get(ROOT))
        mine = text[text.index("Mes structures") : text.index('id="t-all"')]
        assert mine.count("/repertoire/eg/") == len(shown)
        for entity in shown:
            assert reverse("directory:geographic_entity_detail", args=[entity.pk]) in mine
        assert world.other_eg.name not in mine


def test_entity_level_shows_structures_with_counts_then_loose_units(client, cast, levels):
    client.force_login(cast.consultation)
    text = text_of(client.get(levels["entity"], **HTMX))
    assert "Pôle précarité" in text
    assert "2 UO" in text
    assert "Service de jour" not in text
    assert "ACT hors les murs" in text
    assert "Unité du pôle" not in text


def test_structure_level_shows_what_is_right_below(client, cast, levels):
    client.force_login(cast.consultation)
    text = text_of(client.get(levels["structure"]))
    assert "Service de jour" in text
    assert "Unité du pôle" in text
    assert "Unité du service" not in text
    assert reverse("directory:tree_entity", args=[levels["pole"].geographic_entity_id]) in text


def test_units_say_whom_they_take(client, cast, world, levels):
    OperationalUnit.objects.filter(pk=world.lam.pk).update(max_age_value=17, max_age_days=6573)
    client.force_login(cast.consultation)
    text = text_of(client.get(levels["entity"], **HTMX))
    assert ">E</span>" in text
    assert ">E+A</span>" in text


def test_closed_and_hidden_units_are_not_in_the_tree(client, cast, world):
    UnitFactory(geographic_entity=world.other_eg, name="Unité close", closed=True)
    UnitFactory(geographic_entity=world.other_eg, name="Unité tue", hidden=True)
    client.force_login(cast.consultation)
    text = text_of(client.get(reverse("directory:tree_entity", args=[world.other_eg.pk])))
    assert "LHSS Bellatrix" in text
    assert "Unité close" not in text
    assert "Unité tue" not in text


def test_hidden_level_is_not_found(client, cast, world, levels):
    type(world.eg).objects.filter(pk=world.eg.pk).update(status="hidden")
    for user, status in ((cast.consultation, 404), (cast.directeur, 200)):
        client.force_login(user)
        assert client.get(levels["entity"]).status_code == status
        assert client.get(levels["structure"]).status_code == status


def test_discipline_boxes_narrow_every_level(client, cast, world, levels):
    UnitFactory(geographic_entity=world.other_eg, name="Réa", discipline=term(Nomenclature.DISCIPLINE, "MCO"))
    client.force_login(cast.consultation)
    text = text_of(client.get(ROOT, {"discipline": "MCO"}))
    assert "1 établissement trouvé" in text
    assert "Hauts-de-Seine" not in text
    assert "?discipline=MCO" in text
    url = reverse("directory:tree_entity", args=[world.other_eg.pk])
    lines = text_of(client.get(url, {"discipline": "MCO"}, **HTMX))
    assert "Réa" in lines
    assert "LHSS Bellatrix" not in lines


def test_unknown_discipline_finds_nothing(client, cast, world):
    client.force_login(cast.consultation)
    assert "Aucun établissement trouvé" in text_of(client.get(ROOT, {"discipline": "'; --"}))


@pytest.mark.parametrize("how", ["plain", "spaced", "dotted", "start"])
@pytest.mark.parametrize("field", ["finess", "siret"])
def test_numbers_are_found_however_they_are_written(client, cast, world, field, how):
    entity = GeographicEntityFactory(only_siret=True) if field == "siret" else world.eg
    number = getattr(entity, field)
    written = {
        "plain": number,
        "spaced": " ".join(number[i : i + 3] for i in range(0, len(number), 3)),
        "dotted": f" {number[:3]}.{number[3:]} ",
        "start": number[: len(number) - 1],
    }[how]
    client.force_login(cast.consultation)
    assert reverse("directory:geographic_entity_detail", args=[entity.pk]) in text_of(client.get(ROOT, {"q": written}))


@pytest.mark.parametrize("asked", ["altaïr vesta", "ALTAIR", "hors les murs", "hôrs  les"])
def test_names_are_found_without_accents_or_case(client, cast, world, asked):
    client.force_login(cast.consultation)
    text = text_of(client.get(ROOT, {"q": asked}))
    assert "1 établissement trouvé" in text
    assert reverse("directory:geographic_entity_detail", args=[world.eg.pk]) in text
    assert "data-open" in text


@pytest.mark.parametrize("asked", ["zzz", "!!!", "%", "_", "a" * 5000, "０１２"])
def test_strange_texts_find_nothing_and_say_so(client, cast, world, asked):
    client.force_login(cast.consultation)
    response = client.get(ROOT, {"q": asked})
    assert response.status_code == 200
    assert "Aucun établissement trouvé" in text_of(response)


def test_department_comes_a_hundred_at_a_time(client, cast, world, monkeypatch):
    monkeypatch.setattr(tree, "LEVEL_SIZE", 2)
    GeographicEntityFactory.create_batch(4, nanterre=True)
    client.force_login(cast.consultation)
    url = reverse("directory:tree_department", args=["92"])
    seen = []
    for page in ("1", "2", "3"):
        lines = client.get(url, {"page": page, "q": "e"}, **HTMX)
        seen += [entity.pk for entity in lines.context["level"].entities]
        assert ("Suite (" in text_of(lines)) == (page != "3")
    assert len(seen) == len(set(seen)) == 5
    assert client.get(url, {"page": "4"}).status_code == 404


@pytest.mark.parametrize("page", ["abc", "0", "-1", "1.5", "²", "", "99999999999999", "0000019999999999999999999999"])
def test_unreadable_page_is_the_first_one(client, cast, world, page):
    client.force_login(cast.consultation)
    url = reverse("directory:tree_department", args=["92"])
    assert client.get(url, {"page": page}).context["level"].page == 1


def test_page_past_the_end_is_not_found(client, cast, world):
    client.force_login(cast.consultation)
    url = reverse("directory:tree_department", args=["92"])
    assert client.get(url, {"page": "10000"}).status_code == 404


def test_names_read_aloud_are_not_elided(client, cast, world):
    client.force_login(cast.consultation)
    text = text_of(client.get(reverse("directory:tree_department", args=["92"])))
    assert f"Unités : {world.eg}</span>" in text


@pytest.mark.parametrize("field", ["finess", "siret"])
def test_numbers_of_a_masked_establishment_find_nothing(client, cast, world, field):
    entity = GeographicEntityFactory(only_siret=True) if field == "siret" else world.eg
    UnitFactory(geographic_entity=entity, sensitive_unit=True)
    url = reverse("directory:geographic_entity_detail", args=[entity.pk])
    for user, shown in ((cast.consultation, False), (cast.sesan, True)):
        client.force_login(user)
        assert (url in text_of(client.get(ROOT, {"q": getattr(entity, field)}))) == shown
        assert url in text_of(client.get(ROOT, {"q": entity.name}))


def test_unknown_department_is_not_found(client, cast, world):
    client.force_login(cast.consultation)
    assert client.get(reverse("directory:tree_department", args=["2A"])).status_code == 404


def test_commune_of_a_sensitive_establishment_is_not_told(client, cast, world):
    OperationalUnit.objects.filter(pk=world.act.pk).update(sensitive_unit=True)
    url = reverse("directory:tree_department", args=["92"])
    client.force_login(cast.consultation)
    assert "Nanterre" not in text_of(client.get(url))
    client.force_login(cast.directeur)
    assert "Nanterre" in text_of(client.get(url))


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("query", [{}, {"q": "e", "discipline": "MSS"}])
def test_queries_do_not_grow(client, cast, world, levels, level, query, django_assert_max_num_queries):
    """At most 6, session, person and scope included; the three statements of the read-only transaction besides."""
    client.force_login(cast.directeur)

    def queries():
        client.get(levels[level], query)
        with django_assert_max_num_queries(6 + 3) as captured:
            assert client.get(levels[level], query).status_code == 200
        return len(captured)

    before = queries()
    for entity in (world.eg, world.other_eg, *GeographicEntityFactory.create_batch(3, commune=commune("92050"))):
        pole = StructureFactory(geographic_entity=entity, level="S1")
        UnitFactory(geographic_entity=entity)
        UnitFactory(geographic_entity=entity, structure=pole)
        UnitFactory(geographic_entity=world.eg, structure=levels["service"])
    assert queries() == before
