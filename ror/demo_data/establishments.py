"""EJ and EG: names, identifiers, addresses, contacts, referents."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from accounts.roles import Role
from common.text import fold
from directory.enums import ClosureKind, PublicationStatus
from directory.models import GeographicEntity, LegalEntity, RecordChange, RorReferent
from directory.models.base import TrackedModel
from directory.reference.files import CommuneRow

from . import words
from .plan import establishments
from .world import World

COMMENT = "Établissement fictif, créé pour la démonstration."
# Share of EGs that bring a new EJ; the others join one of the same group.
NEW_LEGAL_ENTITY = {"MCO": 0.6, "PA": 0.5, "PH": 0.22, "PDS": 0.35, "CPTS": 1.0, "DAC": 1.0, "VIL": 0.8, "PSY": 0.25}
GROUP_OF = {"SSR": "MCO", "SMA": "PSY", "SLD": "MCO"}
STATUSES = {
    "MCO": ("13", "14", "11", "73", "95", "61"),
    "PSY": ("13", "11", "61", "95"),
    "PA": ("17", "21", "22", "60", "73", "95"),
    "PH": ("60", "61", "60", "63", "19"),
    "PDS": ("60", "61"),
    "CPTS": ("60",),
    "DAC": ("60",),
    "VIL": ("60", "95", "72", "03"),
}
# Bodies of one town, which run no establishment elsewhere.
LOCAL_STATUSES = {"03", "17", "21"}
CATEGORIES: dict[tuple[str, ...], tuple[str, ...]] = {
    ("MCO",): ("355", "365", "128", "129", "101"),
    ("SSR",): ("109",),
    ("PSY",): ("156", "425", "292", "444", "156"),
    ("SMA",): ("156", "189", "156"),
    ("PA",): ("500", "500", "500", "202", "354", "207", "209"),
    ("PH",): ("183", "182", "246", "255", "437", "382", "446", "445", "189", "190", "448", "449", "186"),
    ("PDS",): ("165", "180", "213", "165", "197", "608", "165", "178"),
    ("CPTS",): ("604",),
    ("DAC",): ("606",),
    ("VIL",): ("603", "439", "124", "617"),
}


PREFIXES = {
    "101": "Centre hospitalier régional",
    "355": "Centre hospitalier",
    "365": "Hôpital privé",
    "128": "Clinique",
    "129": "Polyclinique",
    "109": "Centre de réadaptation",
    "156": "CMP",
    "425": "CATTP",
    "292": "Centre hospitalier spécialisé",
    "444": "Centre de crise",
    "500": "EHPAD",
    "202": "Résidence autonomie",
    "354": "SSIAD",
    "207": "Accueil de jour",
    "209": "Service autonomie à domicile",
    "183": "IME",
    "182": "SESSAD",
    "246": "ESAT",
    "255": "MAS",
    "437": "FAM",
    "382": "Foyer de vie",
    "446": "SAVS",
    "445": "SAMSAH",
    "189": "CMPP",
    "190": "CAMSP",
    "448": "EAM",
    "449": "EANM",
    "186": "ITEP",
    "165": "ACT",
    "180": "LHSS",
    "213": "LAM",
    "197": "CSAPA",
    "178": "CAARUD",
    "608": "EMSP",
    "604": "CPTS",
    "606": "DAC",
    "603": "Maison de santé pluriprofessionnelle",
    "439": "Centre de santé",
    "124": "Centre municipal de santé",
    "617": "Maison médicale de garde",
}


@dataclass
class Site:
    """One EG being described: its parts (MCO, PA …), its commune, and the short name its units carry."""

    entity: GeographicEntity
    legal_entity: LegalEntity
    commune: CommuneRow
    parts: tuple[str, ...]
    brand: str
    unit_ids: list[int] = field(default_factory=list)


def add_establishments(world: World, taken: dict[tuple[str, ...], int]) -> list[Site]:
    """Add every EG of the plan except the ``taken`` ones (the seeds' examples), and some closed or hidden ones."""
    kinds = [
        parts for parts, count in establishments(world.size).items() for _ in range(max(0, count - taken.get(parts, 0)))
    ]
    world.rng.shuffle(kinds)
    pools: dict[str, list[LegalEntity]] = {}
    sites = [_add_site(world, parts, pools) for parts in kinds]
    for index in range(world.size.share(40)):
        site = _add_site(world, (world.rng.choice(("PA", "PH", "PSY", "VIL")),), pools)
        _withdraw(world, site, hidden=index % 3 == 0)
        sites.append(site)
    return sites


def _withdraw(world: World, site: Site, *, hidden: bool) -> None:
    entity = site.entity
    if hidden:
        entity.status = PublicationStatus.HIDDEN
        return
    entity.status = PublicationStatus.CLOSED
    entity.closure_kind = ClosureKind.FINAL
    entity.closed_on = world.past(most_days=500, fewest_days=20).date()


def _add_site(world: World, parts: tuple[str, ...], pools: dict[str, list[LegalEntity]]) -> Site:
    commune = world.geography.draw(world.rng)
    group = GROUP_OF.get(parts[0], parts[0])
    category = _category(world, parts)
    brand = _brand(world, group, commune)
    name = world.unique_name(_name(world, parts, category, brand, commune), commune)
    pool = pools.setdefault(group, [])
    if not pool or world.chance(NEW_LEGAL_ENTITY[group]):
        legal_entity = _add_legal_entity(world, group, brand, commune)
        if world.term(legal_entity.legal_status_id).code not in LOCAL_STATUSES:
            pool.append(legal_entity)
    else:
        legal_entity = world.rng.choice(pool[-30:])
    entity = add_entity(world, legal_entity, name, category, commune)
    return Site(entity, legal_entity, commune, parts, brand)


def _category(world: World, parts: tuple[str, ...]) -> str:
    """A category that suits the EG; in turn for the few PDS, so that even a small region has them all."""
    categories = CATEGORIES[parts[:1]]
    if parts == ("PDS",):
        return categories[world.number("PDS") % len(categories)]
    return world.rng.choice(categories)


def _brand(world: World, group: str, commune: CommuneRow) -> str:
    if group == "PDS":
        return f"{world.rng.choice(words.STARS)} {world.rng.choice(words.ASTEROIDS)}"
    if group in {"CPTS", "DAC", "VIL"}:
        return commune.list_name.split(" (")[0]
    bank = world.rng.choice((words.TREES, words.PLACES, words.SAINTS, words.PEOPLE))
    return world.rng.choice(bank)


def _name(world: World, parts: tuple[str, ...], category: str, brand: str, commune: CommuneRow) -> str:
    """Name of an EG after its category and brand."""
    prefix = PREFIXES[category]
    if parts[0] == "SMA" and category == "156":
        prefix = world.rng.choice(("CMP enfants et adolescents", "Maison des adolescents"))
    of = of_commune(commune)
    if parts[0] == "CPTS":
        area = world.rng.choice((brand, brand, f"Cœur {of}", f"Portes {of}", f"Rives {of}"))
        return f"CPTS {area}".upper()
    return f"{prefix} {brand}"


def _add_legal_entity(world: World, group: str, brand: str, commune: CommuneRow) -> LegalEntity:
    status = world.rng.choice(STATUSES[group])
    bodies = {
        "60": f"Association {brand}",
        "61": f"Association {brand}",
        "63": f"Fondation {brand}",
        "73": f"SA {brand} Santé",
        "95": f"SAS {brand} Santé",
        "72": f"SARL {brand} Santé",
        "17": f"CCAS {of_commune(commune)}",
        "03": f"Ville {of_commune(commune)}",
        "19": f"Établissement public départemental {brand}",
        "21": f"Établissement public {brand}",
        "22": f"Établissement public intercommunal {brand}",
        "11": f"Centre hospitalier {brand}",
        "13": f"Centre hospitalier {brand}",
        "14": f"Centre hospitalier intercommunal {brand}",
    }
    return add_legal_entity(world, bodies[status], status, commune)


def of_commune(commune: CommuneRow) -> str:
    """« de Nanterre », « d’Antony », « du Raincy », « des Lilas », « de La Courneuve », « de Paris »."""
    name = commune.name.replace("'", "’")
    for article, word in (("Le ", "du "), ("Les ", "des ")):
        if name.startswith(article):
            return word + name.removeprefix(article)
    return f"d’{name}" if fold(name)[0] in "aeiou" else f"de {name}"


def add_legal_entity(world: World, name: str, status: str, commune: CommuneRow, **values: Any) -> LegalEntity:
    """Add an EJ; its FINESS and SIREN are made up unless given in ``values``."""
    created = world.past(most_days=1500, fewest_days=300)
    fields = world.address(commune) | {
        "finess": world.finess(commune.department, "9"),
        "siren": world.siren(),
        "legal_status_id": world.term_id("legal_status", status),
        "created_at": created,
        "updated_at": created,
    }
    return world.add(LegalEntity(name=name, **(fields | values)))


def add_entity(
    world: World, legal_entity: LegalEntity, name: str, category: str, commune: CommuneRow, **values: Any
) -> GeographicEntity:
    """Add an EG of the EJ, with contacts, manager, director and referents; ``values`` win over what is drawn."""
    finess = values.pop("finess", None)
    finess = world.finess(commune.department, "8") if finess is None else finess
    siret = values.pop("siret", "") or (world.siret(legal_entity.siren) if legal_entity.siren else "")
    fields = world.address(commune) | _contacts(world, legal_entity)
    entity = GeographicEntity(
        legal_entity_id=legal_entity.pk,
        name=name,
        category_id=world.term_id("eg_category", category),
        finess=finess,
        siret=siret,
        national_id=f"1{finess}" if finess else f"3{siret}",
        **({"official_name": name.upper()} | fields | values),
    )
    world.add(entity)
    _add_details(world, entity)
    add_creation(world, "eg", entity)
    return entity


def _contacts(world: World, legal_entity: LegalEntity) -> dict[str, Any]:
    """Contacts, people in charge and dates of an EG."""
    manager, director = world.person(), world.person()
    created = world.past(most_days=1400, fewest_days=200)
    domain = world.rng.choice(words.MAIL_DOMAINS)
    return {
        "phone": world.phone(),
        "fax": world.phone() if world.chance(0.4) else "",
        "email": f"contact{legal_entity.pk}@{domain}" if world.chance(0.8) else "",
        "website": f"https://www.{domain}/" if world.chance(0.3) else "",
        "manager_first_name": manager[0],
        "manager_last_name": manager[1],
        "manager_phone": world.phone(mobile=True) if world.chance(0.5) else "",
        "director_civility_id": world.civility_id(director[0]),
        "director_name": " ".join(director),
        "director_phone": world.phone() if world.chance(0.5) else "",
        "comment": COMMENT,
        "hosts_families": world.rng.choice((None, None, True, False)),
        "created_at": created,
        "updated_at": world.past(most_days=190),
    }


def _add_details(world: World, entity: GeographicEntity) -> None:
    through = GeographicEntity.terms.through
    if world.chance(0.6):
        world.add_line(through, entity.pk, world.term_id("place_accessibility", world.rng.choice(("1", "3", "5", "6"))))
    if world.chance(0.25):
        world.add_line(through, entity.pk, world.term_id("financial_aid", world.rng.choice(("01", "02"))))
    for position in range(1, world.rng.choice((0, 1, 1, 2)) + 1):
        name = " ".join(world.person())
        world.add(
            RorReferent(geographic_entity_id=entity.pk, position=position, name=name, phone=world.phone(), email="")
        )


def add_creation(world: World, kind: str, record: TrackedModel) -> None:
    """First line of a record's history."""
    world.add_line(
        RecordChange,
        kind,
        record.pk,
        1,
        RecordChange.Action.CREATED,
        "",
        "{}",
        "",
        record.created_at,
        None,
        Role.SUPPORT,
    )


def published(sites: list[Site]) -> Iterator[Site]:
    """Sites whose EG is shown."""
    return (site for site in sites if site.entity.status == PublicationStatus.PUBLISHED)
