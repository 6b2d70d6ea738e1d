"""A pasted list of EGs: nothing of it is lost, however long it is."""

import pytest
from django.http import QueryDict
from django.urls import reverse

from collaborative.campaigns import lists, services
from collaborative.campaigns.lists import read_list
from collaborative.forms import campaigns as forms
from directory.models import GeographicEntity
from tests.directory.merges import merge, twin_of
from tests.factories.directory import GeographicEntityFactory, keyed

pytestmark = pytest.mark.django_db


def pressed(text, **more):
    """The form after « Reconnaître la liste »."""
    data = QueryDict(mutable=True)
    data.update({"liste": text, **more})
    form = forms.EntitiesForm(data)
    form.step("reconnaitre")
    return form


def test_lines_beyond_what_is_read_at_once_stay_in_the_box(client, cast, world):
    client.force_login(cast.sesan)
    text = "\n".join([f"Inconnue {number}" for number in range(lists.MAX_LINES)] + ["Reste A", world.eg.finess])
    page = client.post(reverse("collaborative:campaign_create"), {"etape": "reconnaitre", "liste": text}).text
    assert "Lignes pas encore lues" in page
    assert "2 lignes restent dans la liste" in page.replace("\xa0", " ")
    box = page[page.index("<textarea", page.index('id="etablissements"')) :].split("</textarea>")[0]
    assert box.splitlines()[-lists.MAX_LINES - 2 :][:2] == ["Reste A", world.eg.finess]
    assert box.splitlines()[-1] == f"Inconnue {lists.MAX_LINES - 1}"
    again = pressed("\n".join(box.splitlines()[-lists.MAX_LINES - 2 :]))
    assert again.ids == [world.eg.pk]


def test_a_merged_entity_is_the_one_that_took_it_in(client, cast, world):
    twin = twin_of(world)
    twin.name, twin.finess = "Ancien nom", keyed("75800099")
    twin.save()
    merge(world.eg, twin, cast.sesan)
    reading = read_list(f"{twin.finess}\nAncien nom")
    assert (reading.recognised, reading.closed) == ([world.eg], [])
    assert reading.merged == [(twin.finess, world.eg), ("Ancien nom", world.eg)]
    client.force_login(cast.sesan)
    form = {"etape": "reconnaitre", "liste": "Ancien nom"}
    assert "qui est choisi à sa place" in client.post(reverse("collaborative:campaign_create"), form).text
    assert pressed("Ancien nom").ids == [world.eg.pk]


def test_every_name_is_looked_for_inside_the_others(world):
    unknown = [f"Nulle part {number}" for number in range(70)]
    reading = read_list("\n".join([*unknown, "altair vest"]))
    assert dict(reading.doubtful) == {"altair vest": [world.eg]}
    assert reading.unknown == unknown


def test_names_inside_others_are_those_of_one_entity_at_a_time(django_assert_max_num_queries):
    found = [GeographicEntityFactory(name=f"Foyer Lilas {rank}") for rank in range(12)]
    GeographicEntityFactory(name="Zebre")
    with django_assert_max_num_queries(3):
        reading = read_list("foyer lil\nlilas 3\n11 zebre\nilas 1")
    doubtful = dict(reading.doubtful)
    names = sorted(entity.sort_name for entity in found)
    assert [entity.sort_name for entity in doubtful["foyer lil"]] == names[: lists.CHOICES]
    assert [entity.name for entity in doubtful["lilas 3"]] == ["Foyer Lilas 3"]
    assert [entity.name for entity in doubtful["ilas 1"]] == ["Foyer Lilas 1", "Foyer Lilas 10", "Foyer Lilas 11"]
    assert reading.unknown == ["11 zebre"]


def test_what_a_campaign_has_no_room_for_stays_in_the_box(monkeypatch, world):
    monkeypatch.setattr(forms, "MOST_TARGETS", 2)
    monkeypatch.setattr(services, "MOST_TARGETS", 2)
    names = ["Un seul", "Deux seuls", "Trois seuls"]
    for name in names:
        GeographicEntityFactory(name=name)
    form = pressed("\n".join(names))
    assert len(form.ids) == 2
    assert form.data["liste"] == "Trois seuls"
    assert forms.TOO_MANY in form.notice
    assert GeographicEntity.objects.get(name="Trois seuls").pk not in form.ids


def test_a_list_too_long_stays_in_the_box(client, cast, world):
    client.force_login(cast.sesan)
    text = "\n".join(f"{world.eg.finess}\t{'x' * 600}{line}" for line in range(1000))
    assert len(text) > forms.MAX_TEXT
    page = client.post(reverse("collaborative:campaign_create"), {"etape": "reconnaitre", "liste": text}).text
    assert "Cette liste est trop longue" in page
    assert f"{'x' * 600}999" in page


@pytest.fixture
def lilas():
    return [GeographicEntityFactory(name=f"Foyer Lilas {rank}") for rank in range(3)]


@pytest.mark.parametrize("step", ["reconnaitre", "criteres", "vider", "retirer:1"])
def test_a_line_of_several_stays_until_it_is_settled(lilas, world, step):
    assert [line for line, _ in pressed("foyer lilas").reading.doubtful] == ["foyer lilas"]
    asked = QueryDict(mutable=True)
    asked.update({"liste": "Inconnue", "ligne": "foyer lilas", "choix": ""})
    form = forms.EntitiesForm(asked)
    form.step(step)
    assert [line for line, _ in form.reading.doubtful] == ["foyer lilas"]
    assert form.data["liste"] == "Inconnue"


def test_a_line_of_several_is_settled_by_a_choice_or_by_none(lilas):
    for choice, ids in ((str(lilas[1].pk), [lilas[1].pk]), ("aucun", [])):
        asked = QueryDict(mutable=True)
        asked.update({"liste": "", "ligne": "foyer lilas", "choix": choice})
        form = forms.EntitiesForm(asked)
        form.step("reconnaitre")
        assert (form.ids, form.reading.doubtful) == (ids, [])


def test_nothing_is_saved_while_a_line_of_several_waits(client, cast, world, lilas):
    client.force_login(cast.sesan)
    said = {"name": "ACT 2024", "starts_on": "2026-01-01", "ends_on": "2026-12-31", "message": ""}
    asked = {**said, "etablissements": str(world.eg.pk), "liste": "", "ligne": "foyer lilas", "choix": ""}
    answer = client.post(reverse("collaborative:campaign_create"), asked)
    assert answer.status_code == 422
    assert "choisissez-en un pour chacune" in answer.text
    assert 'name="ligne" value="foyer lilas"' in answer.text
    assert client.post(reverse("collaborative:campaign_create"), {**asked, "choix": "aucun"}).status_code == 302


def test_a_line_that_means_one_thing_now_goes_back_to_the_box(lilas):
    asked = QueryDict(mutable=True)
    asked.update({"liste": "Autre", "ligne": "foyer lilas 2", "choix": ""})
    form = forms.EntitiesForm(asked)
    form.step("vider")
    assert form.data["liste"].splitlines() == ["foyer lilas 2", "Autre"]
