"""Random users, random acts: after each, what is true of every dossier is still true (spec 30; spec 01-settled)."""

import os
import re

import pytest
from django.urls import reverse

from collaborative.models import Comment, Dossier, Fiche, HeldEntity, Step
from directory.models import GeographicEntity, OperationalUnit
from directory.scopes import scope_of
from search.indexing import index
from search.models import SearchDocument
from tests.collaborative.playing import Directory, Players

pytestmark = pytest.mark.django_db
RUNS = 4
STEPS = 520  # of one run
LOOKED = 25  # steps between two looks at the pages
ACCEPTED = 100  # of them, at least
USUAL = {"open", "add_units", "save", "finalise", "send", "take", "publish", "edit", "attach", "set_photo", "comment"}
OPEN = {"draft", "finalised", "sent", "returned"}
IDLE = {"modify:standard", "create:removed"}
MARK = re.compile(r"Marque\d+(?: \(copie(?: \d+)?\))?")


class Watch:
    """What must hold; steps are folded as they are written, so each look costs the same."""

    def __init__(self, players):
        self.players = players
        self.last = 0
        self.dossiers: dict[int, str] = {}
        self.fiches: dict[int, str] = {}
        self.senders: dict[int, set[int]] = {}

    def look(self):
        self.fold_steps()
        dossiers = list(Dossier.objects.order_by("pk"))
        fiches = list(Fiche.objects.values_list("pk", "dossier_id", "action", "state", "published_at"))
        self.states(dossiers, fiches)
        self.held(dossiers)
        self.directory(fiches)
        assert set(Comment.objects.values_list("dossier_id", "text")) >= set(self.players.comments), "a message is lost"

    def fold_steps(self):
        for step in Step.objects.filter(pk__gt=self.last).order_by("pk"):
            self.last = step.pk
            folded, key, start = self.dossiers, step.dossier_id, ""
            if step.fiche_id is not None:
                folded, key, start = self.fiches, step.fiche_id, "" if step.act == "add" else "modify:standard"
            assert step.from_state == folded.get(key, start), f"{step.act}: a step is missing before it"
            folded[key] = step.to_state
            if step.act == "send":
                self.senders.setdefault(key, set()).add(step.by_id)
            if step.fiche_id is None and step.act in {"take", "take_over", "return", "validate", "validate_part"}:
                assert step.by_id not in self.all_senders(key), "decided by who sent it"

    def all_senders(self, key):
        """Those who sent a dossier, in whatever round, or what it is the rest of."""
        origin = Dossier.objects.values_list("origin", flat=True).get(pk=key)
        return self.senders.get(key, set()) | (self.all_senders(origin) if origin else set())

    def states(self, dossiers, fiches):
        assert self.dossiers == {dossier.pk: dossier.state for dossier in dossiers}
        pairs: dict[int, list[str]] = {}
        for pk, dossier, action, state, _ in fiches:
            pair = f"{action}:{state}"
            assert self.fiches.get(pk, "modify:standard") == pair
            pairs.setdefault(dossier, []).append(pair)
        for dossier in dossiers:
            at_work = [pair for pair in pairs[dossier.pk] if pair not in IDLE]
            left = [pair for pair in at_work if pair.endswith(":pending")]
            assert (dossier.fiche_count, dossier.done_count) == (len(at_work), len(at_work) - len(left)), dossier.state
            ready = bool(at_work) and not left
            assert ready or dossier.state in {"draft", "returned", "abandoned"}, dossier.state
            assert not (ready and dossier.state == "draft")
            assert (dossier.taken_by_id is None) or dossier.state == "sent"

    def held(self, dossiers):
        rows = set(HeldEntity.objects.values_list("geographic_entity_id", "dossier_id"))
        is_open = {dossier.pk: dossier.state in OPEN for dossier in dossiers}
        assert all(is_open[dossier] for _, dossier in rows)
        assert len({entity for entity, _ in rows}) == len(rows)
        closed = {pk for (kind, pk), row in self.players.model.rows.items() if kind == "eg" and row["closed"]}
        for dossier in dossiers:
            entity = dossier.geographic_entity_id
            if dossier.state in OPEN and entity is not None and entity not in closed:
                assert (entity, dossier.pk) in rows

    def directory(self, fiches):
        assert Directory.read() == self.players.model.rows
        assert {pk for pk, *_, published_at in fiches if published_at is not None} == self.players.published
        found = dict(SearchDocument.objects.filter(kind="uo").values_list("unit_id", "name"))
        rows = self.players.model.rows
        expected = {pk: row["name"] for (kind, pk), row in rows.items() if kind == "uo" and not row["closed"]}
        assert found == expected

    def pages(self, client, cast):
        """Pages of who is outside dossiers name nothing that is not published."""
        rows = self.players.model.rows
        known = {row["name"] for row in rows.values()}
        for user in (cast.consultation, cast.pdses, cast.newcomer):
            assert not Dossier.objects.visible_to(scope_of(user)).exists()
            assert not Fiche.objects.visible_to(scope_of(user)).exists()
        client.force_login(cast.consultation)
        draw = self.players.draw
        entity = draw.choice(list(GeographicEntity.objects.order_by("pk")))
        unit = draw.choice(list(OperationalUnit.objects.order_by("pk")))
        proposed = [one["name"] for one in self.players.proposed.values() if "name" in one]
        urls = [
            reverse("directory:tree_entity", args=[entity.pk]),
            reverse("directory:geographic_entity_detail", args=[entity.pk]),
            reverse("directory:unit_detail", args=[unit.pk]),
        ]
        for url in urls:
            response = client.get(url)
            assert response.status_code == 200
            assert set(MARK.findall(response.content.decode())) <= known
        if proposed:
            text = draw.choice(proposed)
            shown = client.get(reverse("search:results"), {"quoi": text}).content.decode()
            assert (text in known) or f">{text}<" not in shown


def play(world, cast, client, seed, steps):
    """Make ``steps`` random acts; look after each that was accepted."""
    players = Players(world, cast, seed)
    watch = Watch(players)
    index.rebuild_all()
    for number in range(steps):
        if players.step():
            watch.look()
        if number % LOOKED == 0:
            watch.look()
            watch.pages(client, cast)
    assert players.tried.total() == steps
    return players


@pytest.mark.parametrize("seed", range(RUNS))
def test_what_must_hold_holds_after_each_random_act(world, cast, client, seed):
    players = play(world, cast, client, seed, STEPS)
    assert players.done.total() >= ACCEPTED
    assert set(players.done) >= USUAL, "every usual act happens"


@pytest.mark.skipif("ROR_ACTS" not in os.environ, reason="a longer run is asked for by ROR_ACTS")
def test_a_longer_run(world, cast, client):
    players = play(world, cast, client, int(os.environ.get("ROR_ACTS_SEED", "1")), int(os.environ["ROR_ACTS"]))
    print(players.done, len(players.published))


def test_the_runs_are_long_enough_together():
    assert RUNS * STEPS >= 2000
