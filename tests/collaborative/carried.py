"""What records carry besides plain fields (communes, hours, attachments, photo): drawn, read, compared."""

from collections import defaultdict
from dataclasses import dataclass, field

from directory.attachments.uploads import Upload
from directory.models import Attachment, GeographicEntity, InterventionArea, OperationalUnit, WeeklyHours
from tests.collaborative.publishing import coded, hours
from tests.factories.directory import commune

LISTS = ("intervention_communes", "weekly_hours")
COMMUNES = ("92050", "75110", "92002", "92004")
CLOSINGS = ("12:00", "16:30", "18:45")
_photos: dict[str, bytes] = {}  # by name of the file, which never changes


def drawn_list(name, draw):
    """Kept value of a list, empty now and then."""
    if name == "intervention_communes":
        return [coded(commune(insee)) for insee in draw.sample(COMMUNES, draw.randint(0, 3))]
    return [hours(day, "09:00", draw.choice(CLOSINGS)) for day in sorted(draw.sample(range(1, 8), draw.randint(0, 2)))]


def plain(name, value):
    """A kept value as it is compared: lists without their order nor their words."""
    if name == "intervention_communes":
        return tuple(sorted(row["id"] for row in value or []))
    if name == "weekly_hours":
        return tuple(sorted((row["weekday"], row["opens_at"], row["closes_at"]) for row in value or []))
    return value


def blank(kind):
    """What a new record carries."""
    files = {} if kind == "structure" else {"files": frozenset(), "photo": b""}
    return files | (dict.fromkeys(LISTS, ()) if kind == "uo" else {})


def read_carried():
    """What every record of the directory carries, by (kind, id), beside those that carry nothing."""
    found = defaultdict(dict)
    files, communes, week = defaultdict(set), defaultdict(set), defaultdict(set)
    for attachment in Attachment.objects.present():
        key = ("uo", attachment.unit_id) if attachment.unit_id else ("eg", attachment.geographic_entity_id)
        files[key].add(attachment.name)
    for unit, insee in InterventionArea.objects.values_list("unit_id", "commune_id"):
        communes[unit].add(insee)
    for row in WeeklyHours.objects.all():
        week[row.unit_id].add((row.weekday, f"{row.opens_at:%H:%M}", f"{row.closes_at:%H:%M}"))
    for kind, model in (("eg", GeographicEntity), ("uo", OperationalUnit)):
        for pk, photo in model.objects.values_list("pk", "photo"):
            found[kind, pk] = {"files": frozenset(files[kind, pk]), "photo": _content(model, pk) if photo else b""}
            if kind == "uo":
                found[kind, pk] |= {
                    "intervention_communes": tuple(sorted(communes[pk])),
                    "weekly_hours": tuple(sorted(week[pk])),
                }
    return found


def _content(model, pk):
    photo = model.objects.get(pk=pk).photo
    if photo.name not in _photos:
        with photo.open() as file:
            _photos[photo.name] = file.read()
    return _photos[photo.name]


def upload(number):
    return Upload(f"piece{number:05}.pdf", f"%PDF piece {number}".encode(), "application/pdf")


@dataclass
class Proposed:
    """Files that a fiche proposes: names added and removed; the photo (``None``: left as it is, empty: taken off)."""

    added: set[str] = field(default_factory=set)
    removed: set[str] = field(default_factory=set)
    photo: bytes | None = None

    def over(self, row):
        """What the record shows once the fiche is published."""
        if "files" not in row:
            return {}
        photo = row["photo"] if self.photo is None else self.photo
        return {"files": (row["files"] - self.removed) | self.added, "photo": photo}
