"""History of records: what an act shows, earlier versions computed and put back, nobody else's authors."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import ProgrammingError, connection, transaction
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from directory import services
from directory.blocks import BLOCKS
from directory.enums import Nomenclature
from directory.models import GeographicEntity, OperationalUnit, RecordChange, Term
from directory.scopes import scope_of
from directory.snapshots import applied, differences, reverted, state_of
from directory.versions import past
from directory.versions.diff import items_diff, words_diff
from tests.factories.directory import RecordChangeFactory, commune

COMMUNES = ("92050", "75110", "78646", "93066")
texts = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=80)


@pytest.fixture
def save(cast):
    def saved(record, by=None, **values):
        by = by or cast.directeur
        current = type(record).objects.get(pk=record.pk)
        return services.update_block(
            record=record, values=values, expected_version=current.version, by=by, scope=scope_of(by)
        )

    return saved


@pytest.fixture
def restore(cast):
    def restored(record, change, by=None, *, before=False, version=None):
        by = by or cast.sesan
        current = type(record).objects.get(pk=record.pk)
        return past.restore_block(
            record=current,
            change=change,
            before=before,
            expected_version=current.version if version is None else version,
            by=by,
            scope=scope_of(by),
        )

    return restored


def url(record, name="record_history", **kwargs):
    kind = "eg" if isinstance(record, GeographicEntity) else "uo"
    return reverse(f"directory:{name}", kwargs={"kind": kind, "record_id": record.pk, **kwargs})


@given(texts, texts)
def test_a_text_is_spelt_by_its_pieces(before, after):
    pieces = words_diff(before, after)
    assert "".join(piece.text for piece in pieces if piece.sign != "+") == before
    assert "".join(piece.text for piece in pieces if piece.sign != "-") == after


def test_a_very_long_text_is_compared_by_lines():
    before = "\n".join(f"ligne {number}" for number in range(900))
    pieces = words_diff(before, before.replace("ligne 450\n", "autre chose\n"))
    assert [piece.text for piece in pieces if piece.sign] == ["ligne 450\n", "autre chose\n"]


items = st.lists(st.integers(0, 9).map(lambda key: {"id": key, "label": str(key)}), unique_by=lambda item: item["id"])


@given(items, items)
def test_a_list_gains_and_loses(before, after):
    change = items_diff(before, after)
    ids = [{item["id"] for item in rows} for rows in (before, after, change.added, change.removed)]
    assert (ids[0] | ids[2]) - ids[3] == ids[1]
    assert change.kept == len(ids[0] & ids[1])


def test_a_renamed_term_is_the_same_term():
    assert items_diff([{"id": 1, "label": "Ancien"}], [{"id": 1, "label": "Nouveau"}]).kept == 1


unit_edits = st.one_of(
    st.fixed_dictionaries({"pets": st.sampled_from(["", "Chiens", "Chats", "Chiens et chats"])}),
    st.fixed_dictionaries({"installed_places": st.none() | st.integers(0, 99), "single_rooms": st.none()}),
    st.fixed_dictionaries(
        {
            "intervention_communes": st.lists(st.sampled_from(COMMUNES), unique=True).map(
                lambda codes: [{"id": code, "label": commune(code).list_name} for code in sorted(codes)]
            )
        }
    ),
    st.fixed_dictionaries(
        {
            "weekly_hours": st.lists(st.integers(1, 7), unique=True).map(
                lambda days: [
                    {
                        "weekday": day,
                        "opens_at": "20:00",
                        "closes_at": "06:00",
                        "kind": None,
                        "valid_from": None,
                        "valid_until": "2027-01-01",
                    }
                    for day in sorted(days)
                ]
            ),
            "hours_exceptions": st.just([]),
        }
    ),
)


@pytest.mark.django_db
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(edits=st.lists(unit_edits, min_size=1, max_size=7), data=st.data())
def test_every_earlier_version_is_found_again_and_put_back(world, save, restore, edits, data):
    with transaction.atomic():
        unit, states, changes = world.act, [], []  # each example is rolled back
        for values in edits:
            change = save(unit, **values)
            if change:
                changes.append(change)
                states.append(state_of(OperationalUnit.objects.get(pk=unit.pk)))
        if changes:
            index = data.draw(st.integers(0, len(changes) - 1))
            restore(unit, changes[index])
            names = {*changes[index].changes, *block_names(changes[index])} & states[index].keys()
            found = state_of(OperationalUnit.objects.get(pk=unit.pk))
            assert differences(*({name: state[name] for name in names} for state in (states[index], found))) == {}
        transaction.set_rollback(True)


def block_names(change):
    return next((block.field_names for block in BLOCKS["uo"] if block.key == change.block), ())


json_values = st.none() | st.booleans() | st.integers(0, 5) | st.text(max_size=3) | st.lists(st.integers(0, 3))
states = st.dictionaries(st.sampled_from("abcdef"), json_values)


@given(states, states)
def test_a_difference_applied_gives_the_other_state_and_reverted_gives_it_back(before, after):
    changes = differences(before, after)
    assert differences(applied(changes, before), after) == {}
    assert differences(reverted(changes, after), before) == {}


@pytest.mark.django_db
def test_the_version_before_the_first_change_can_be_put_back(world, save, restore):
    world.act.refresh_from_db()
    first = save(world.act, pets="Chiens admis")
    line = restore(world.act, first, before=True)
    assert OperationalUnit.objects.get(pk=world.act.pk).pets == ""
    assert line.reason.startswith("Rétablit la version d’avant le ")


@pytest.mark.django_db
def test_only_support_restores(world, save, restore, cast):
    change = save(world.act, pets="Chiens admis")
    with pytest.raises(PermissionDenied):
        restore(world.act, change, by=cast.directeur, before=True)


@pytest.mark.django_db
def test_a_stale_restore_and_a_lost_line_are_refused(world, save, restore):
    change = save(world.act, pets="Chiens admis")
    save(world.act, pets="Chats admis")
    with pytest.raises(services.StaleRecord):
        restore(world.act, change, version=1)
    OperationalUnit.objects.filter(pk=world.act.pk).update(version=9)
    with pytest.raises(ValidationError, match="incomplet"):
        restore(world.act, change, before=True)


@pytest.mark.django_db
def test_a_term_that_is_gone_cannot_be_put_back(world, save, restore, cast):
    term = Term.objects.create(nomenclature=Nomenclature.FINANCIAL_AID, code="X1", label="Aide disparue")
    change = save(world.eg, financial_aid=[{"id": term.pk, "label": term.label}])
    save(world.eg, financial_aid=[])
    term.delete()
    with pytest.raises(ValidationError, match="Aide disparue"):
        restore(world.eg, change)


def test_texts_with_little_in_common_are_shown_whole():
    before = "Accès par la cour du bâtiment C, deuxième étage, sonner à l’interphone puis attendre."
    after = "Les personnes sont orientées par leur médecin ; la demande se fait en ligne, jamais par téléphone."
    whole = past.field_diff("eg", "comment", before, after)
    assert (whole.before, whole.after, whole.pieces) == (before, after, [])
    assert past.field_diff("eg", "comment", before, before.replace("deuxième", "premier")).pieces


@pytest.mark.django_db
def test_an_act_that_restores_nothing_has_no_such_page(client, world, cast):
    line = RecordChangeFactory(
        record_kind="eg", record_id=world.eg.pk, version=1, action="created", changes={}, by=None, role="support"
    )
    client.force_login(cast.sesan)
    for moment in ("before", "after"):
        address = url(world.eg, f"record_restore_{moment}", change_id=line.pk)
        assert client.get(address).status_code == client.post(address, {"version": "1"}).status_code == 404
    page = client.get(url(world.eg)).content.decode()
    assert "par le système" in page
    assert "au titre de" not in page


@pytest.mark.django_db
@pytest.mark.parametrize("query", ["auteur=zz", "encadre=inconnu", "du=hier"])
def test_a_filter_that_cannot_be_read_says_so_and_narrows_nothing(client, world, save, cast, query):
    save(world.eg, comment="Accès par la cour")
    client.force_login(cast.directeur)
    page = client.get(f"{url(world.eg)}?{query}").content.decode()
    assert "pour ces filtres" not in page
    assert "invalid-feedback" in page
    assert "Choisissez" in page or "Écrivez une date" in page


@pytest.mark.django_db
def test_the_list_shows_words_and_filters(client, world, save, cast):
    save(world.eg, comment="Accès par la cour")
    save(world.eg, by=cast.sesan, phone="0141000000")
    client.force_login(cast.directeur)
    page = client.get(url(world.eg)).content.decode()
    assert "Accès par la cour" in page
    assert "01\N{NO-BREAK SPACE}41" in page or "01 41" in page
    page = client.get(url(world.eg) + f"?encadre=contact&auteur={cast.sesan.pk}").content.decode()
    assert "Accès par la cour" not in page
    assert "1 modification pour ces filtres" in page.replace("\N{NO-BREAK SPACE}", " ")
    page = client.get(url(world.eg) + "?du=2090-01-01&au=2089-01-01").content.decode()
    assert "La fin précède le début." in page
    assert client.get(url(world.eg) + "?auteur=abc&page=zz&encadre=%00x").status_code in {200, 400}


@pytest.mark.django_db
def test_support_confirms_then_restores(client, world, save, cast):
    change = save(world.eg, comment="Accès par la cour")
    client.force_login(cast.sesan)
    address = url(world.eg, "record_restore_before", change_id=change.pk)
    assert "Ce qui changera" in client.get(address).content.decode()
    stale = client.post(address, {"version": "1"})
    assert (stale.status_code, "a été modifiée" in stale.content.decode()) == (409, True)
    assert client.post(address, {"version": "2"}).status_code == 302
    assert GeographicEntity.objects.get(pk=world.eg.pk).comment == ""
    assert "Rien à rétablir" in client.get(address).content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE directory_recordchange SET reason = 'autre'",
        "DELETE FROM directory_recordchange",
    ],
)
def test_history_is_append_only_in_the_database(world, statement):
    RecordChangeFactory()
    with pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert RecordChange.objects.exists()
