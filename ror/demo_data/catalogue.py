"""What each type d'UO offers: activities, ages, places, hours, words. Codes are those of the nomenclatures."""

from dataclasses import dataclass, replace

Ages = tuple[int, str, int, str]  # minimum, its unit, maximum, its unit
ALL: Ages = (0, "y", 150, "y")
ADULTS: Ages = (18, "y", 150, "y")
TEENAGERS: Ages = (12, "y", 17, "y")
CHILDREN: Ages = (0, "y", 17, "y")
SCHOOL: Ages = (3, "y", 20, "y")
ELDERLY: Ages = (60, "y", 150, "y")
GERIATRIC: Ages = (75, "y", 150, "y")
NEWBORNS: Ages = (0, "d", 28, "d")
DISABLED: Ages = (18, "y", 60, "y")

STAFF_CARE = ("G15-60", "G15-35", "G15-10")
STAFF_SOCIAL = ("R94-41", "R94-51", "R95-93", "G15-60", "R94-44")
STAFF_ADDICTION = ("R356-60", "R356-59", "G15-60", "R95-93", "R94-51", "R356-08")
STAFF_ELDERLY = ("R356-19", "G15-60", "G15-35", "R95-93", "G15-94", "R356-25", "G15-91")
STAFF_CHILD = ("G15-91", "G15-96", "G15-94", "R95-93", "R94-51", "R356-105")
STAFF_REHAB = ("G15-70", "G15-94", "G15-91", "G15-95", "R94-41")
MENTAL = ("07", "08", "63", "65", "67", "62", "09", "01")
DISABILITIES = ("02", "14", "16", "17", "18", "19", "22", "23", "24")


@dataclass(frozen=True)
class Offer:
    """What units of one type offer. ``places``: fewest and most installed, none when the type has no places."""

    activities: tuple[str, ...] = ("437",)
    ages: tuple[Ages, ...] = (ALL,)
    places: tuple[int, int] | None = None
    beds: bool = False
    hours: str = "office"
    specialisations: tuple[str, ...] = ()
    professions: tuple[str, ...] = STAFF_CARE
    acts: tuple[str, ...] = ()
    audiences: tuple[str, ...] = ()
    families: tuple[str, ...] = ()
    conditions: str = ""
    weight: int = 4


_HOUSED = Offer(
    activities=("340", "231", "317", "335"),
    ages=(ADULTS, ALL, ADULTS),
    places=(8, 45),
    hours="always",
    specialisations=("10", "07", "16", "41", "67"),
    professions=STAFF_SOCIAL,
    acts=("0815", "0628", "0854", "0921", "0932"),
    audiences=("06", "04", "09"),
    families=("019", "004", "034", "037"),
    conditions="precarity",
    weight=5,
)
_OUTREACH = replace(_HOUSED, places=None, hours="field", conditions="outreach", acts=("0854", "0989", "0932", "1013"))
_ADDICTION = replace(
    _HOUSED,
    activities=("404", "001", "450"),
    specialisations=("10", "08", "65", "67"),
    places=None,
    hours="day",
    professions=STAFF_ADDICTION,
    acts=("0044", "0921", "0922", "0923", "0924", "0931", "1014", "0523"),
    audiences=("04", "06"),
    conditions="addiction",
    weight=3,
)
_ELDERLY = Offer(
    activities=("293", "313", "289", "288", "050"),
    ages=(ELDERLY,),
    places=(40, 110),
    hours="always",
    specialisations=("28", "13", "27"),
    professions=STAFF_ELDERLY,
    acts=("0628", "0815"),
    audiences=("01",),
    families=("011", "005", "030"),
    conditions="elderly",
)
_AT_HOME = replace(
    _ELDERLY, activities=("287", "288", "325", "341"), places=(25, 120), hours="field", conditions="home", weight=5
)
_DISABLED = Offer(
    activities=("293", "298", "313", "295"),
    ages=(DISABLED, ADULTS),
    places=(20, 60),
    hours="always",
    specialisations=DISABILITIES,
    professions=STAFF_SOCIAL,
    acts=("0775", "0628"),
    audiences=("02", "05"),
    families=("011", "030", "012", "019"),
    conditions="disabled",
)
_PUPILS = replace(
    _DISABLED,
    activities=("300", "290", "294", "295"),
    ages=(SCHOOL, (0, "y", 20, "y"), (6, "y", 16, "y")),
    hours="office",
    specialisations=("02", "14", "17", "11", "03", "22"),
    professions=STAFF_CHILD,
    audiences=("02",),
    families=("022", "012", "006"),
    conditions="pupils",
)
_BEDS = Offer(places=(12, 34), beds=True, hours="always", ages=(ADULTS,), conditions="hospital")
_CRITICAL = replace(_BEDS, places=(6, 20), professions=("R356-112", "G15-60", "G15-35", "G15-70"), weight=3)
_SURGERY = replace(_BEDS, places=(10, 30))
_EMERGENCY = Offer(activities=("157", "160"), ages=(ALL,), hours="always", professions=("R356-115", "G15-60"))
_REHAB = replace(_BEDS, places=(20, 60), professions=STAFF_REHAB, activities=("172", "283"), conditions="rehab")
_MENTAL = Offer(
    activities=("229", "289"),
    ages=(ADULTS, (16, "y", 150, "y")),
    hours="day",
    specialisations=MENTAL,
    professions=("R356-108", "G15-60", "R95-93", "R94-41"),
    acts=("0628", "0775"),
    conditions="mental",
)
_MENTAL_YOUNG = replace(_MENTAL, activities=("227", "228"), ages=(TEENAGERS, CHILDREN), professions=STAFF_CHILD)
_TOWN = Offer(hours="town", professions=("R356-90", "G15-60"), conditions="town")


def _beds(activities: str, *, base: Offer = _BEDS, **changes) -> Offer:
    return replace(base, activities=tuple(activities.split()), **changes)


OFFERS: dict[str, dict[str, Offer]] = {
    "PDS": {
        "94.46": replace(_HOUSED, acts=("1080", "R-1080C", "R-1080D", "0815", "0628"), weight=9),
        "94.59": replace(_OUTREACH, places=(8, 30), acts=("1080", "0854", "0989"), weight=3),
        "94.59b": replace(_OUTREACH, places=(20, 100), acts=("1080", "0854", "0989"), weight=1),
        "95.46": replace(_HOUSED, places=(12, 30), weight=5),
        "93.46": replace(_HOUSED, places=(10, 60), weight=7),
        "93.47": replace(_HOUSED, places=(8, 25), hours="office", weight=2),
        "93.59": replace(_OUTREACH, weight=2),
        "142.59": replace(_OUTREACH, weight=4),
        "115.59": replace(_OUTREACH, activities=("287", "340"), weight=3),
        "81.54": replace(_ADDICTION, activities=("450", "404"), weight=4),
        "80.32": replace(_ADDICTION, weight=6),
        "80.46": replace(_ADDICTION, acts=("1077", "1076", "0523", "0524"), places=(8, 20), hours="always", weight=2),
        "86.32": replace(_ADDICTION, ages=((12, "y", 25, "y"),), audiences=("04", "08"), weight=2),
        "291.54": replace(_ADDICTION, activities=("450",), weight=1),
        "296.54": replace(
            _HOUSED, activities=("312", "313"), places=None, hours="day", conditions="", specialisations=("16", "07")
        ),
    },
    "CPTS": {"255.58": Offer(activities=("475", "471"), audiences=("07",), families=("037",), professions=())},
    "DAC": {
        "178.58": Offer(
            activities=("335", "341", "340"), audiences=("01", "02", "09"), families=("037",), professions=("R85-330",)
        )
    },
    "PA": {
        "21.46": replace(_ELDERLY, weight=9),
        "22.46": replace(_ELDERLY, activities=("312", "313", "298"), audiences=("03",), specialisations=(), weight=4),
        "23.46": replace(_ELDERLY, places=(12, 14), activities=("306", "293"), weight=2),
        "24.46": replace(_ELDERLY, places=(12, 28), activities=("306", "293"), weight=4),
        "25.47": replace(_ELDERLY, places=(12, 14), activities=("306", "292"), hours="office", weight=4),
        "28.49": _AT_HOME,
        "29.49": replace(_AT_HOME, activities=("292", "325"), places=(10, 30), weight=2),
        "38.54": replace(_ELDERLY, activities=("325", "326", "394"), places=None, hours="office", weight=2),
        "132.49": replace(_AT_HOME, activities=("293", "299", "287"), weight=4),
        "258.46": replace(_ELDERLY, activities=("392", "393"), places=(4, 12), weight=2),
    },
    "PH": {
        "31.49": replace(_DISABLED, activities=("298", "312", "318"), places=(20, 80), hours="field", weight=4),
        "32.49": replace(_DISABLED, activities=("285", "298", "335"), places=(15, 50), hours="field", weight=4),
        "39.46": replace(_DISABLED, weight=5),
        "40.46": replace(_DISABLED, specialisations=("17", "24", "21", "14"), weight=5),
        "41.46": _DISABLED,
        "43.47": replace(_DISABLED, activities=("304", "302"), places=(40, 140), hours="office", weight=5),
        "48.47": replace(_PUPILS, weight=5),
        "49.47": replace(_PUPILS, specialisations=("22", "17"), weight=2),
        "50.47": replace(_PUPILS, specialisations=("26",), weight=2),
        "51.47": replace(_PUPILS, specialisations=("17",), weight=2),
        "57.49": replace(_PUPILS, hours="field", places=(20, 70), weight=5),
        "61.32": replace(_PUPILS, activities=("448", "493"), ages=((0, "m", 6, "y"),), places=None, weight=3),
        "62.32": replace(_PUPILS, activities=("448", "289"), ages=((0, "y", 18, "y"),), places=None, weight=4),
        "65.49": replace(_PUPILS, activities=("335", "300"), places=None, hours="field", weight=2),
    },
    "MCO": {
        "121.28": _beds("127 126 122", base=_CRITICAL, weight=4),
        "287.28": _beds("128", base=_CRITICAL, ages=(NEWBORNS,), weight=2),
        "308.28": _beds("121", base=_CRITICAL, ages=(ALL,), places=(4, 8), weight=1),
        "122.28": _beds("351 353", base=_CRITICAL),
        "123.28": _beds("351", base=_CRITICAL, weight=1),
        "139.28": _beds("351 352", base=_CRITICAL, weight=2),
        "124.28": _beds("357 361", base=_CRITICAL, weight=2),
        "262.28": _beds("354", base=_CRITICAL),
        "263.28": _beds("356 098", base=_CRITICAL, weight=2),
        "264.28": _beds("361 055", base=_CRITICAL, weight=1),
        "286.28": _beds("369", base=_CRITICAL, ages=(NEWBORNS,), weight=2),
        "254.28": _beds("373 375 374", base=_CRITICAL, ages=(ADULTS, CHILDREN, ADULTS), weight=5),
        "20.33": replace(_EMERGENCY, weight=5),
        "311.33": replace(_EMERGENCY, activities=("249",), ages=(CHILDREN,), weight=2),
        "313.33": replace(_EMERGENCY, weight=1),
        "278.13": _beds("157 115", places=(4, 16), ages=(ALL,), weight=4),
        "246.27": replace(_EMERGENCY, weight=1),
        "247.11": replace(_EMERGENCY, activities=("160",), weight=2),
        "295.17": replace(_EMERGENCY, activities=("437", "317"), hours="office", weight=2),
        "138.56": replace(_EMERGENCY, activities=("437", "475"), hours="day", weight=2),
        "149.28": _beds("013 014"),
        "156.28": _beds("050 491", ages=(GERIATRIC,)),
        "159.28": _beds("095"),
        "161.28": _beds("097 098"),
        "163.28": _beds("114"),
        "165.28": _beds("131"),
        "167.28": _beds("041"),
        "168.28": _beds("077"),
        "169.28": _beds("055 191"),
        "170.28": _beds("046 189"),
        "171.28": _beds("102 076"),
        "175.28": _beds("170 076", places=(6, 14)),
        "176.28": _beds("085"),
        "238.28": _beds("083", weight=5),
        "154.28": _beds("037", weight=2),
        "158.28": _beds("091", weight=2),
        "150.28": _beds("025", base=_SURGERY, weight=5),
        "151.28": _beds("018 030", base=_SURGERY, weight=2),
        "152.28": _beds("032", base=_SURGERY),
        "153.28": _beds("033 017", base=_SURGERY, weight=5),
        "160.28": _beds("096", base=_SURGERY, weight=2),
        "166.28": _beds("023", base=_SURGERY, weight=2),
        "172.28": _beds("103", base=_SURGERY, weight=2),
        "173.28": _beds("016", base=_SURGERY),
        "234.28": _beds("031", base=_SURGERY),
        "241.28": _beds("033 025", base=_SURGERY, ages=(CHILDREN,), weight=2),
        "242.28": _beds("178", base=_SURGERY, weight=2),
        "290.28": _beds("100 282", ages=(ALL,), professions=("G15-50", "G15-60"), weight=5),
        "293.28": _beds("100 282", ages=(ALL,), professions=("G15-50",), weight=2),
        "157.28": _beds("053 022", ages=((15, "y", 150, "y"),), weight=2),
        "288.28": _beds("094", ages=(NEWBORNS,), places=(4, 10), weight=2),
        "289.28": _beds("094", ages=(NEWBORNS,), places=(6, 20), weight=3),
        "162.28": _beds("088", ages=(CHILDREN, (1, "m", 15, "y")), professions=("R356-105", "G15-60")),
    },
    "SSR": {
        "100.28": replace(_REHAB, weight=8),
        "101.28": replace(_REHAB, activities=("241", "283"), ages=(GERIATRIC,), weight=7),
        "102.28": replace(_REHAB, activities=("233", "291"), ages=(ADULTS,)),
        "103.28": replace(_REHAB, activities=("234", "292"), ages=(ADULTS,)),
        "104.28": replace(_REHAB, activities=("235",), ages=(ADULTS,), weight=3),
        "105.28": replace(_REHAB, activities=("236",), ages=(ADULTS,), weight=3),
        "106.28": replace(_REHAB, activities=("237",), ages=(ADULTS,), weight=2),
        "107.28": replace(_REHAB, activities=("239",), places=(6, 16), weight=1),
        "108.28": replace(_REHAB, activities=("240", "404"), specialisations=("10",), weight=2),
        "109.28": replace(_REHAB, activities=("283", "088"), ages=((6, "y", 17, "y"),), weight=2),
        "110.28": replace(_REHAB, activities=("283", "088"), ages=((0, "y", 17, "y"),), weight=1),
        "111.28": replace(_REHAB, activities=("238",), ages=(ADULTS,), weight=2),
        "112.28": replace(_REHAB, activities=("238",), ages=(ADULTS,), weight=1),
    },
    "PSY": {
        "174.28": replace(_MENTAL, places=(18, 30), beds=True, hours="always", weight=7),
        "10.32": replace(_MENTAL, weight=9),
        "05.47": replace(_MENTAL, places=(10, 30), hours="office"),
        "11.29": replace(_MENTAL, places=(10, 30), hours="office", weight=6),
        "06.28": replace(_MENTAL, places=(6, 12), beds=True, hours="always", weight=1),
        "77.11": replace(_MENTAL, hours="field", acts=("0989",), weight=2),
        "15.28": replace(_MENTAL, places=(8, 14), beds=True, hours="always", activities=("355", "229"), weight=1),
        "301.33": replace(_MENTAL, activities=("158",), hours="always", weight=1),
    },
    "SMA": {
        "282.28": replace(_MENTAL_YOUNG, places=(8, 20), beds=True, hours="always", weight=3),
        "281.32": replace(_MENTAL_YOUNG, weight=7),
        "279.11": replace(_MENTAL_YOUNG, hours="field", weight=2),
        "134.32": replace(_MENTAL_YOUNG, activities=("228", "453"), ages=((11, "y", 21, "y"),), weight=2),
        "135.32": replace(_MENTAL_YOUNG, activities=("289",), ages=((11, "y", 25, "y"),), weight=2),
    },
    "SLD": {"249.28": replace(_BEDS, activities=("333", "050"), ages=(ELDERLY,), places=(25, 60))},
    "VIL": {
        "99.32": replace(_TOWN, weight=9),
        "92.56": replace(_TOWN, activities=("437", "475"), hours="evening", weight=5),
        "196.32": replace(_TOWN, weight=6),
        "195.32": replace(_TOWN, activities=("339", "418", "419"), professions=("G15-70",)),
        "225.32": replace(_TOWN, activities=("287",), professions=("G15-60",)),
        "213.32": replace(_TOWN, activities=("282",), professions=("G15-50",)),
        "205.32": replace(_TOWN, activities=("088",), ages=(CHILDREN,), professions=("R356-105",), weight=2),
        "222.32": replace(_TOWN, activities=("290",), professions=("G15-91",)),
        "226.32": replace(_TOWN, activities=("442",), professions=(), weight=3),
        "209.32": replace(_TOWN, activities=("289",), professions=("R95-93",), weight=3),
        "206.32": replace(_TOWN, activities=("334",), professions=("G15-80",), weight=2),
    },
}

# Texts by key: conditions d'admission, conditions d'accueil, spécificités d'intervention.
TEXTS: dict[str, tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]] = {
    "precarity": (
        (
            "Pathologie chronique et absence de logement stable. Dossier médical et social à joindre ; commission "
            "chaque semaine.",
            "Orientation par un professionnel de santé ou un travailleur social. Rendez-vous de préadmission sous "
            "huit jours.",
            "Demande écrite accompagnée d’un certificat médical. Consommations évaluées à l’entrée.",
        ),
        (
            "Bâtiment accessible, appartements en diffus sans ascenseur.",
            "Chambres individuelles ou partagées ; présence de nuit.",
            "Accès de plain-pied, deux logements adaptés aux fauteuils roulants.",
        ),
        (),
    ),
    "outreach": (
        (
            "Sollicitation par téléphone ou par mail ; régulation départementale.",
            "Signalement par un partenaire ou par la personne elle-même.",
        ),
        (),
        (
            "Interventions à la rue, en squat, en hôtel et en centre d’hébergement ; à deux professionnels.",
            "Maraudes deux soirs par semaine ; accompagnement physique aux rendez-vous.",
        ),
    ),
    "addiction": (
        ("Accueil anonyme et gratuit, sans rendez-vous le premier jour.", "Premier entretien sur rendez-vous."),
        ("Salle d’attente au rez-de-chaussée.",),
        (),
    ),
    "elderly": (
        (
            "Dossier unique d’admission ; visite de préadmission proposée.",
            "GIR 1 à 4. Avis du médecin coordonnateur sous dix jours.",
        ),
        ("Unité sécurisée, jardin clos.", "Chambres individuelles avec salle d’eau ; ascenseur."),
        (),
    ),
    "home": (
        ("Prescription médicale nécessaire.",),
        (),
        ("Soins à domicile sept jours sur sept.", "Passages matin et soir ; garde téléphonique."),
    ),
    "disabled": (
        ("Orientation de la MDPH nécessaire.", "Notification de la CDAPH ; stage d’une semaine avant l’admission."),
        ("Locaux accessibles.", "Chambres individuelles ; salle de bain adaptée."),
        (),
    ),
    "pupils": (
        ("Notification de la MDPH. Liste d’attente revue chaque trimestre.",),
        ("Transport organisé matin et soir.",),
        ("Séances à l’école, à domicile ou dans nos locaux.",),
    ),
    "hospital": (("Appel du médecin au médecin de garde.", "Adressage par le SAMU ou les urgences."), (), ()),
    "rehab": (("Demande sur ViaTrajectoire.",), ("Chambres à un ou deux lits.",), ()),
    "mental": (("Secteur géographique de rattachement.", "Sur rendez-vous ; liste d’attente."), (), ()),
    "town": (("Sur rendez-vous ; créneaux réservés aux soins non programmés.",), (), ()),
}
PETS = ("Un chien ou un chat, vaccins à jour.", "Animaux non admis.", "Petits animaux en cage seulement.")
