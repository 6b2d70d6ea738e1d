"""What a record is expected to hold, and the advice of the national quality rules: rules as data. Pure, no query.

Completeness is a share of weights: the weights of the expected fields that are filled, over those of all the expected
fields that are due for this record, in percent, rounded down, so that 100 means that nothing is missing. A required
field (the ``*`` of spec 10) weighs three times an expected one. Fields that the database itself demands (nom, EJ,
commune of an EG; nom, EG of a UO) and the ages, which have a default, are not counted: they are always there.

Advice (ANS quality rules, national model 5.6) never weighs. Rules that need what the directory does not hold are left
out; ``docs/sources.md`` says which.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from common.text import fold

from ..enums import RecordKind

EXPECTED, REQUIRED, ADVICE = 1, 3, 0  # weights

SOCIAL_CARE = "MSS"
URGENCY_MODE, LODGING_MODE = "33", "46"
# Modes under which a person stays, hence places or beds (JDV_J19).
STAY_MODES = frozenset({"13", "28", "29", "30", "31", "34", "38", LODGING_MODE, "47", "48", "50"})
# Modes that go to the person, hence a territory (spec 01-settled, Search).
HOME_MODES = frozenset({"11", "49", "53", "58", "59"})
URGENCY_ACTIVITIES = frozenset({"157", "249"})
SECURE_ACTIVITY = "089"
SECURE_WORDS = ("uhsi", "usmp", "detenu", "detenus", "securise", "securisee", "securises", "securisees")
MATERNITY_TYPE = "290"
ADAPTED_CARE_POLE = "25"  # PASA
# Categories for elderly or disabled people of rules CP5 and CP6; the second list with mode « Hébergement » only.
LODGING_CATEGORIES = frozenset({"183", "186", "194", "195", "255", "390", "395", "437"})
ELDERLY_CATEGORIES = frozenset({"202", "207", "500", "501", "502"})
RECENT_DAYS = 365
FEW_UNITS = 8  # below, one recent unit is enough (RE1.2)


@dataclass(frozen=True)
class EntityFacts:
    """What the rules ask of an EG."""

    official_name: bool = False
    category: bool = False
    identifier: bool = False
    street_number: bool = False
    street_name: bool = False
    exact_position: bool = False
    phone: bool = False
    email: bool = False
    manager_name: bool = False
    manager_contact: bool = False
    director_name: bool = False
    accessibility: bool = False
    referent: bool = False


@dataclass(frozen=True)
class UnitFacts:
    """What the rules ask of a UO. Codes are those of the nomenclatures, empty when there is none."""

    name: str = ""
    discipline: str = ""
    unit_type: str = ""
    care_mode: str = ""
    category: str = ""
    activities: frozenset[str] = frozenset()
    activity_family: bool = False
    audience: bool = False
    phone: bool = False
    email: bool = False
    hours: bool = False
    territory: bool = False
    admission: bool = False
    installed_places: int | None = None
    manager_name: bool = False
    manager_contact: bool = False
    sensitive: bool = False

    @property
    def offer_type(self) -> str:
        """National type d'offre: « 25 » of the type « 25.47 »."""
        return self.unit_type.partition(".")[0]

    @property
    def words(self) -> frozenset[str]:
        """Words of the name, folded."""
        return frozenset(fold(self.name).split())

    @property
    def lodges(self) -> bool:
        """Tell whether rules CP5 and CP6 concern the unit."""
        return self.category in LODGING_CATEGORIES or (
            self.category in ELDERLY_CATEGORIES and self.care_mode == LODGING_MODE
        )


Facts = EntityFacts | UnitFacts


def always(facts: Any) -> bool:
    """Tell that a field is expected of every record."""
    return True


@dataclass(frozen=True)
class Rule:
    """One thing that a record should have.

    ``name`` is the short name of what is asked, ``label`` the sentence shown when it is not so. ``block`` is where it
    is put right. ``weight`` is ``REQUIRED``, ``EXPECTED`` or ``ADVICE``. The rule is due when ``due`` says so, and kept
    when ``kept`` does.
    """

    key: str
    kind: RecordKind
    name: str
    label: str
    block: str
    kept: Callable[[Any], bool]
    weight: int = EXPECTED
    due: Callable[[Any], bool] = always

    @property
    def is_advice(self) -> bool:
        return self.weight == ADVICE

    @property
    def is_required(self) -> bool:
        return self.weight == REQUIRED

    def broken_by(self, facts: Facts) -> bool:
        """Tell whether the rule is due and not kept."""
        return self.due(facts) and not self.kept(facts)


class Verdict(NamedTuple):
    """Completeness in percent, keys of the rules of completeness and of advice that are broken, in order."""

    percent: int
    missing: list[str]
    advice: list[str]


def fact(name: str) -> Callable[[Any], bool]:
    """Tell whether a fact is true, or a code given."""
    return lambda facts: bool(getattr(facts, name))


def social_care(facts: UnitFacts) -> bool:
    """Tell whether a unit is of the discipline « Médico-social et social »."""
    return facts.discipline == SOCIAL_CARE


_EG, _UO = RecordKind.GEOGRAPHIC_ENTITY, RecordKind.UNIT


def _entity(name: str, label: str, block: str, fact_name: str, weight: int = EXPECTED) -> Rule:
    return Rule(f"eg_{fact_name}", _EG, name, label, block, fact(fact_name), weight)


def _unit(
    name: str, label: str, block: str, fact_name: str, weight: int = EXPECTED, due: Callable[[Any], bool] = always
) -> Rule:
    return Rule(f"uo_{fact_name}", _UO, name, label, block, fact(fact_name), weight, due)


RULES: tuple[Rule, ...] = (
    _entity("Nom officiel", "Renseignez le nom officiel", "identification", "official_name", REQUIRED),
    _entity("Type d’EG", "Renseignez le type d’EG", "identification", "category", REQUIRED),
    _entity("FINESS ou SIRET", "Renseignez le FINESS ou le SIRET", "identification", "identifier"),
    _entity("Numéro de voie", "Renseignez le numéro de voie", "adresse", "street_number", REQUIRED),
    _entity("Libellé de voie", "Renseignez le libellé de voie", "adresse", "street_name", REQUIRED),
    _entity("Point sur la carte", "Renseignez le point exact sur la carte", "adresse", "exact_position"),
    _entity("Téléphone standard", "Renseignez le téléphone standard", "contact", "phone"),
    _entity("Adresse mail", "Renseignez l’adresse mail", "contact", "email"),
    _entity("Nom du responsable", "Renseignez le nom du responsable", "responsable", "manager_name"),
    _entity(
        "Téléphone ou mail du responsable",
        "Renseignez le téléphone ou l’adresse mail du responsable",
        "responsable",
        "manager_contact",
    ),
    _entity("Nom du directeur", "Renseignez le nom du directeur de l’établissement", "directeur", "director_name"),
    _entity("Accessibilité du lieu", "Renseignez l’accessibilité du lieu", "complements", "accessibility"),
    _entity("Référent ROR", "Renseignez un référent ROR", "complements", "referent"),
    _unit(
        "Grand groupe de disciplines",
        "Renseignez le grand groupe de disciplines",
        "identification",
        "discipline",
        REQUIRED,
    ),
    _unit("Type d’UO", "Renseignez le type d’UO", "identification", "unit_type", REQUIRED),
    _unit("Activités opérationnelles", "Renseignez les activités opérationnelles", "offre", "activities", REQUIRED),
    _unit("Mode de prise en charge", "Renseignez le mode de prise en charge", "offre", "care_mode", REQUIRED),
    _unit("Public pris en charge", "Renseignez le public pris en charge", "offre", "audience", REQUIRED, social_care),
    _unit("Famille d’activités", "Renseignez la famille d’activités", "offre", "activity_family", due=social_care),
    _unit("Téléphone", "Renseignez un téléphone", "secretariat", "phone"),
    _unit("Adresse mail", "Renseignez l’adresse mail", "secretariat", "email"),
    _unit("Horaires", "Renseignez les horaires", "horaires", "hours"),
    _unit(
        "Territoire d’intervention",
        "Renseignez le territoire d’intervention",
        "intervention",
        "territory",
        due=lambda facts: facts.care_mode in HOME_MODES,
    ),
    _unit("Conditions d’admission", "Renseignez les conditions d’admission", "conditions", "admission"),
    Rule(
        "uo_installed_places",
        _UO,
        "Places installées",
        "Renseignez le nombre de places installées",
        "capacite",
        lambda facts: facts.installed_places is not None,
        due=lambda facts: facts.care_mode in STAY_MODES,
    ),
    _unit("Nom du responsable", "Renseignez le nom du responsable", "responsable", "manager_name"),
    _unit(
        "Téléphone ou mail du responsable",
        "Renseignez le téléphone ou l’adresse mail du responsable",
        "responsable",
        "manager_contact",
    ),
    Rule(
        "ans_co1",
        _UO,
        "Nom d’un accueil des urgences (CO1)",
        "Le nom d’un accueil des urgences contient le mot «\u00a0urgence\u00a0» (règle CO1)",
        "identification",
        lambda facts: "urgence" in fold(facts.name),
        ADVICE,
        lambda facts: facts.care_mode == URGENCY_MODE and bool(facts.activities & URGENCY_ACTIVITIES),
    ),
    Rule(
        "ans_co2",
        _UO,
        "Type d’une maternité (CO2)",
        "Une unité nommée maternité est du type «\u00a0Unité hospitalière de maternité\u00a0» (règle CO2)",
        "identification",
        lambda facts: facts.offer_type == MATERNITY_TYPE,
        ADVICE,
        lambda facts: bool(facts.words & {"maternite", "maternites"}),
    ),
    Rule(
        "ans_co3",
        _UO,
        "Unité sensible (CO3)",
        "Une unité pour personnes détenues ou sécurisée est une unité sensible (règle CO3)",
        "identification",
        fact("sensitive"),
        ADVICE,
        lambda facts: SECURE_ACTIVITY in facts.activities or bool(facts.words & set(SECURE_WORDS)),
    ),
    Rule(
        "ans_cp6",
        _UO,
        "Places installées supérieures à 0 (CP6)",
        "Le nombre de places installées est supérieur à 0 (règle CP6)",
        "capacite",
        lambda facts: bool(facts.installed_places),
        ADVICE,
        lambda facts: facts.lodges and facts.offer_type != ADAPTED_CARE_POLE,
    ),
)
# Depends on the day: told when a page is read, never stored.
RECENCY = Rule(
    "ans_re12",
    _EG,
    "Récence des UO (RE1.2)",
    "Trop peu d’UO ont été mises à jour depuis un an\u00a0: une sur quatre au moins, une s’il y en a moins de huit "
    "(règle RE1.2)",
    "unites",
    lambda counts: not is_stale(*counts),
    ADVICE,
)
BY_KEY: dict[str, Rule] = {rule.key: rule for rule in (*RULES, RECENCY)}


def assess(kind: RecordKind, facts: Facts) -> Verdict:
    """Judge a record of ``kind``. The formula of the percentage is told at the top of this module."""
    due = [rule for rule in RULES if rule.kind == kind and rule.due(facts)]
    broken = [rule for rule in due if not rule.kept(facts)]
    total, lost = (sum(rule.weight for rule in rules) for rules in (due, broken))
    return Verdict(
        100 * (total - lost) // total,
        [rule.key for rule in broken if not rule.is_advice],
        [rule.key for rule in broken if rule.is_advice],
    )


def is_stale(units: int, recent: int) -> bool:
    """Tell whether too few of an EG's ``units`` were updated within a year (RE1.2); never without a unit."""
    if units < FEW_UNITS:
        return units > 0 and recent == 0
    return 4 * recent < units


def known(keys: Iterable[str]) -> list[Rule]:
    """Rules of stored keys, in order; a key that no rule has any more is left out."""
    return [BY_KEY[key] for key in keys if key in BY_KEY]
