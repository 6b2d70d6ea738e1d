"""A pasted list of EGs: nothing of it is lost, however long it is."""

import pytest
from django.http import QueryDict
from django.urls import reverse

from collaborative.campaigns import lists, services
from collaborative.campaigns.lists import read_list
from collaborative.forms import campaigns as forms
from directory.models import GeographicEntity
from tests.factories.directory import GeographicEntityFactory

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
