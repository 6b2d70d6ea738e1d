"""The coded lists: their words in the plural, their address, and the national lists they follow. Pure tables.

JDV (jeu de valeurs) and TRE (terminologie de référence) are the numbers of the ANS (national model, chapter 3).
"""

import re
from dataclasses import dataclass

from ..enums import Nomenclature

N = Nomenclature
_NUMBER = re.compile(r"(?:JDV|TRE)[-_]([A-Z]\d+)(?!\d)", re.IGNORECASE)


@dataclass(frozen=True)
class CodedList:
    """One list of terms.

    ``slug`` names its file, ``plural`` follows « la liste des ». ``national`` is its JDV, ``systems`` are the TRE that
    the JDV draws from, both as numbers (« J35 », « R245 »). ``code_carries_system``: the same code means two things in
    two TRE, so ours begins with the TRE (« R356-71 »). ``not_imported`` says why a national file is refused.
    """

    nomenclature: Nomenclature
    slug: str
    plural: str
    national: str = ""
    systems: tuple[str, ...] = ()
    code_carries_system: bool = False
    not_imported: str = ""

    @property
    def national_name(self) -> str:
        """« JDV_J35 », or empty for a regional list."""
        return f"JDV_{self.national}" if self.national else ""


_OTHER_CODES = (
    "Les codes de cette liste ne sont pas ceux de la liste nationale\u00a0: {}. Elle se modifie au back-office."
)

CODED_LISTS: tuple[CodedList, ...] = (
    CodedList(
        N.DISCIPLINE,
        "disciplines",
        "grands groupes de disciplines",
        "J20",
        ("R227",),
        not_imported=_OTHER_CODES.format("elle suit les sigles régionaux (MCO, MSS…)"),
    ),
    CodedList(
        N.UNIT_TYPE,
        "types-uo",
        "types d’UO",
        "J238",
        ("R244",),
        not_imported=_OTHER_CODES.format("un type y joint l’offre et son mode (94.46)"),
    ),
    CodedList(N.OPERATIONAL_ACTIVITY, "activites", "activités opérationnelles", "J17", ("R211",)),
    CodedList(N.ACTIVITY_FAMILY, "familles-activites", "familles d’activités opérationnelles", "J51", ("R265", "R266")),
    CodedList(N.SPECIFIC_ACT, "actes", "actes spécifiques", "J16", ("R210",)),
    CodedList(N.CARE_SPECIALISATION, "specialisations", "spécialisations", "J35", ("R245",)),
    CodedList(
        N.RESOURCE_PROFESSION,
        "professions",
        "professions ressources",
        "J186",
        ("R356", "G15", "R94", "R95"),
        code_carries_system=True,
    ),
    CodedList(N.CARE_MODE, "modes", "modes de prise en charge", "J19", ("R213",)),
    CodedList(N.AUDIENCE, "publics", "publics pris en charge", "J29", ("R239",)),
    CodedList(N.EG_CATEGORY, "categories", "catégories d’établissement", "J55", ("R66", "R316", "R02")),
    CodedList(N.LEGAL_STATUS, "statuts-juridiques", "statuts juridiques", "J199", ("R72",)),
    CodedList(N.FINANCIAL_AID, "aides-financieres", "aides financières", "J31", ("R241",)),
    CodedList(N.PLACE_ACCESSIBILITY, "accessibilite", "niveaux d’accessibilité du lieu", "J50", ("R202",)),
    CodedList(N.DWELLING_TYPE, "habitations", "types d’habitation", "J32", ("R242",)),
    CodedList(N.CIVILITY, "civilites", "civilités", "J207", ("R81",)),
    CodedList(N.TITLE, "titres", "titres", "J208", ("R11",)),
    CodedList(N.CAPACITY_KIND, "natures-capacite", "natures de capacité", "J187", ("R329",)),
    CodedList(N.CAPACITY_STATUS, "statuts-capacite", "statuts de capacité", "J188", ("R330",)),
    CodedList(N.CAPACITY_GENDER, "genres-capacite", "genres de capacité", "J190", ("R332",)),
    CodedList(N.HOURS_KIND, "horaires", "types d’horaire", "J41", ("R252",)),
    CodedList(N.REFUSAL_REASON, "motifs-refus", "motifs de refus"),
)
BY_NOMENCLATURE: dict[str, CodedList] = {coded.nomenclature.value: coded for coded in CODED_LISTS}
BY_SLUG: dict[str, CodedList] = {coded.slug: coded for coded in CODED_LISTS}
_BY_NUMBER: dict[str, CodedList] = {
    number: coded for coded in CODED_LISTS for number in (coded.national, *coded.systems) if number
}


def national_number(name: str) -> str:
    """Number of a JDV or TRE in a name, an id or an address: « …/JDV_J35-Specialisation…/FHIR » → « J35 »; or empty."""
    match = _NUMBER.search(name)
    return match[1].upper() if match else ""


def list_of(*names: str) -> CodedList | None:
    """The list that a national file is for, from its name, id, address or file name; ``None`` when none tells it."""
    for name in names:
        if coded := _BY_NUMBER.get(national_number(name)):
            return coded
    return None
