"""The kit on A4 pages: cover with the table of types, units by type, index by commune. No query but the records'."""

import datetime
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from common.french import NBSP, THIN, counted, day, moment, number, plural, time_of_day

from .marks import LEGEND
from .paper import BOLD, GREY, HEIGHT, LINE, TINT, WIDTH, Bar, Block, Line, Page, Run, Style, lines_of
from .pdf import Bookmark
from .reading import UNITS_ONLY, Kit, KitUnit, Section, call_after

LEFT, RIGHT, TOP, BOTTOM = 34.0, WIDTH - 34.0, 70.0, HEIGHT - 44.0
WHO_WIDTH, PHONE_X, PHONE_WIDTH, PLACES_X = 276.0, LEFT + 286.0, 128.0, LEFT + 424.0
PLACES_WIDTH = RIGHT - PLACES_X
FREE_WIDTH = 120.0  # of the table of types
GAP = 3.5  # above and below a unit

BODY, STRONG, SOFT = Style(), Style(BOLD), Style(size=7.5, leading=9.2, grey=GREY)
NAME, COMMUNE = Style(BOLD, 9, 11), Style(BOLD, 8)
FIGURE, BESIDE = Style(BOLD, 15, 16), Style(size=8.5, leading=10.5)
HEAD, HEAD_NOTE = Style(BOLD, 11, 14), Style(size=8.5, leading=11)
HEADER, HEADER_NOTE, FOOTER = Style(BOLD, 9, 11), Style(size=9, leading=11), Style(size=7.5, leading=9, grey=GREY)
TITLE, PLACE = Style(BOLD, 24, 30), Style(BOLD, 17, 24)
WARNING, LEAD = Style(BOLD, 14, 18), Style(size=10.5, leading=14)
DATE_SIZES = (42, 38, 34, 30, 26)

PageOf = Callable[[Section], int]


@dataclass
class Paper:
    """The pages laid out so far, and where the next line goes. ``first``: number of the first of them."""

    kit: Kit
    first: int = 1
    pages: list[Page] = field(default_factory=list)
    y: float = BOTTOM

    @property
    def number(self) -> int:
        """Number of the page being filled."""
        return self.first + len(self.pages) - 1

    @property
    def page(self) -> Page:
        return self.pages[-1]

    def turn(self) -> None:
        """Begin a page."""
        self.pages.append(Page())
        self.y = TOP

    def make_room(self, height: float) -> bool:
        """Begin a page when less than ``height`` is left; tell whether it did."""
        if self.pages and self.y + height <= BOTTOM:
            return False
        self.turn()
        return True

    def write(self, lines: Iterable[Line], role: str, x: float = LEFT) -> None:
        """Write lines below each other in one block; they are never cut from each other."""
        lines = list(lines)
        self.make_room(sum(line.leading for line in lines))
        block = self.page.block(role)
        for line in lines:
            line.place(block, x, self.y)
            self.y += line.leading

    def rule(self, grey: float = LINE) -> None:
        """Draw a thin line across the page."""
        self.page.bars.append(Bar(LEFT, self.y, RIGHT - LEFT, 0.5, grey))


def _frame(kit: Kit, page: Page, place: int, total: int, *, has_columns: bool) -> None:
    """What every page repeats: department, moment of the data, number, meaning of the marks."""
    block = Block("")
    page.blocks.insert(0, block)
    block.runs.append(Run(LEFT, 38, title_words(kit.place), HEADER))
    said = f"Page {number(place)} / {number(total)}"
    block.runs.append(Run(RIGHT - HEADER.width(said), 38, said, HEADER))
    block.runs.append(Run(LEFT, 50, dated_words(kit.at), HEADER_NOTE))
    page.bars.append(Bar(LEFT, 56, RIGHT - LEFT, 1, 0))
    if has_columns:
        titles = ((LEFT, "Unité, lieu, pour qui"), (PHONE_X, "Téléphone, horaires"), (PLACES_X, "Places libres"))
        block.runs += [Run(x, 65, text, FOOTER) for x, text in titles]
    legend = "   ".join(f"{mark.shape}{NBSP}{mark.letter}{NBSP}{mark.words.lower()}" for mark in LEGEND[:-1])
    block.runs.append(Run(LEFT, HEIGHT - 26, f"{legend}   –{NBSP}non suivie", FOOTER))


def title_words(place: str) -> str:
    """« Kit de continuité – Paris (75) »."""
    return f"Kit de continuité – {place}"


def dated_words(at: datetime.datetime) -> str:
    """« Données du 22/11/2026 à 14:00. Au-delà de 2 h (après 16:00), rappelez avant d’orienter. »."""
    after = f"Au-delà de 2{NBSP}h (après {call_after(at)}), rappelez avant d’orienter."
    return f"Données du {moment(at)}. {after}"


def _cover(kit: Kit, page_of: PageOf) -> Paper:
    paper = Paper(kit)
    paper.turn()
    paper.y += 8
    paper.write(lines_of("Kit de continuité", TITLE, RIGHT - LEFT), "H1")
    paper.write(lines_of(f"{kit.place}, pour les jours sans réseau", PLACE, RIGHT - LEFT), "P")
    paper.y += 8
    said = f"Données du {day(kit.at)} à {time_of_day(kit.at)}"
    sizes = (Style(BOLD, size, size * 1.25) for size in DATE_SIZES)
    style = next((each for each in sizes if each.width(said) <= RIGHT - LEFT), Style(BOLD, 22, 28))
    paper.write(lines_of(said, style, RIGHT - LEFT), "P")
    after = f"Au-delà de 2{NBSP}h (après {kit.call_after}), rappelez l’unité avant d’orienter."
    paper.write(lines_of(after, WARNING, RIGHT - LEFT), "P")
    paper.y += 8
    for text in cover_words(kit):
        paper.write(lines_of(text, LEAD, RIGHT - LEFT), "P")
    paper.y += 8
    paper.write(lines_of("Ce que vaut un chiffre", HEAD, RIGHT - LEFT), "H2")
    for mark in LEGEND:
        name = f"{mark.shape}{NBSP}{mark.letter}" if mark.shape != mark.letter else mark.shape
        paper.write([Line(((name, STRONG), (f"{mark.words}{NBSP}: {mark.meaning}.", BODY)))], "P")
    paper.y += 10
    _contents(paper, page_of)
    return paper


def cover_words(kit: Kit) -> list[str]:
    """What is to be known of the kit before using it."""
    units = f"{counted(kit.units, 'fiche')}, {counted(kit.establishments, 'établissement')}"
    words = [
        f"{units}. Par type d’unité, puis par commune{THIN}; l’index par commune est à la fin.",
        "Un point d’interrogation n’est pas un zéro\u00a0: les places ne sont pas connues, appelez."
        " Les horaires sont ceux des sept jours qui suivent.",
        UNITS_ONLY,
        "Ce document porte des numéros réservés aux professionnels\u00a0: ne le laissez pas à la vue.",
    ]
    if kit.hidden:
        hidden = counted(kit.hidden, "unité est donnée", "unités sont données")
        words.append(f"{hidden} sans lieu ni adresse, pour protéger les personnes accueillies\u00a0: appelez.")
    return words


def _contents(paper: Paper, page_of: PageOf) -> None:
    paper.make_room(60)
    paper.write(lines_of("Sommaire", HEAD, RIGHT - LEFT), "H2")
    if not paper.kit.sections:
        paper.write(lines_of("Aucune unité n’est publiée dans ce département.", LEAD, RIGHT - LEFT), "P")
    for section in paper.kit.sections:
        _contents_line(paper, section, page_of(section))


def _contents_line(paper: Paper, section: Section, page: int) -> None:
    """« ACT Hébergement   12 fiches   34 places libres (7 unités comptées sur 9)   page 3 »."""
    label = [(text, STRONG) for text in STRONG.wrap(section.label, 282)]
    free_style = STRONG if section.has_free_places else BODY
    free = [(text, free_style) for text in free_style.wrap(section.free_words, FREE_WIDTH)]
    if section.coverage_words:
        free += [(text, SOFT) for text in SOFT.wrap(f"({section.coverage_words})", FREE_WIDTH)]
    height = 9.8 * max(len(label), len(free))
    paper.make_room(height + 3)
    block = paper.page.block("P")
    base = paper.y + 8
    for column, x in ((label, LEFT), (free, LEFT + 356)):
        for rank, (text, style) in enumerate(column):
            block.runs.append(Run(x, base + rank * 9.8, text, style, page))
    block.runs.append(Run(LEFT + 344 - BODY.width(section.units_words), base, section.units_words, BODY))
    said = f"page {number(page)}"
    block.runs.append(Run(RIGHT - STRONG.width(said), base, said, STRONG, page))
    paper.y += height + 3
    paper.rule(TINT)


class Booklet:
    """The pages of a kit as they fill: ``add_section`` for each type, then ``finish``.

    Remembers where each type begins and on which pages each commune is met.
    """

    def __init__(self, kit: Kit) -> None:
        self.kit = kit
        self.paper = Paper(kit, len(_cover(kit, lambda _: 0).pages) + 1)
        self.section_pages: dict[int, int] = {}
        self.commune_pages: dict[str, list[int]] = {}

    def add_section(self, section: Section, units: Iterable[KitUnit]) -> None:
        """Lay out the title of a type, which stays with its first unit, then its units."""
        for rank, unit in enumerate(units):
            columns = _columns(unit)
            height = max(sum(line.leading for line in column) for _, column in columns) + 2 * GAP
            if not rank:
                self._head(section, height)
            elif self.paper.make_room(height):
                self._continued(section)
            self._unit(columns, height)
            if unit.commune:
                self._remember(unit.commune)

    def finish(self) -> tuple[list[Page], list[Bookmark]]:
        """Return all the pages and the bookmarks: the cover and the index know now where everything is."""
        kit, first = self.kit, self.paper.first
        cover = _cover(kit, lambda section: self.section_pages[section.type_id])
        index = _index(kit, self.commune_pages, first + len(self.paper.pages))
        pages = [*cover.pages, *self.paper.pages, *index.pages]
        for place, page in enumerate(pages, start=1):
            _frame(kit, page, place, len(pages), has_columns=first <= place < first + len(self.paper.pages))
        marks = [Bookmark("Sommaire", 1)]
        marks += [Bookmark(section.label, self.section_pages[section.type_id]) for section in kit.sections]
        if index.pages:
            marks.append(Bookmark("Index par commune", index.first))
        return pages, marks

    def _head(self, section: Section, room: float) -> None:
        paper = self.paper
        title = lines_of(section.label, HEAD, RIGHT - LEFT - 12)
        said = ", ".join(part for part in (section.units_words, section.free_words, section.coverage_words) if part)
        note = lines_of(said, HEAD_NOTE, RIGHT - LEFT - 12)
        height = sum(line.leading for line in (*title, *note)) + 8
        if not paper.make_room(height + room + 8):
            paper.y += 8
        self.section_pages[section.type_id] = paper.number
        paper.page.bars.append(Bar(LEFT, paper.y, RIGHT - LEFT, height, TINT))
        paper.y += 4
        paper.write(title, "H2", LEFT + 6)
        paper.write(note, "P", LEFT + 6)
        paper.y += 4

    def _continued(self, section: Section) -> None:
        block = self.paper.page.block("")
        said = STRONG.wrap(f"{section.label} (suite)", RIGHT - LEFT)
        block.runs.append(Run(LEFT, self.paper.y + 10, said[0], STRONG))
        self.paper.y += 14

    def _unit(self, columns: list[tuple[float, list[Line]]], height: float) -> None:
        paper = self.paper
        paper.rule()
        block = paper.page.block("P")
        for x, column in columns:
            top = paper.y + GAP
            for line in column:
                line.place(block, x, top)
                top += line.leading
        paper.y += height

    def _remember(self, commune: str) -> None:
        pages = self.commune_pages.setdefault(commune, [])
        if not pages or pages[-1] != self.paper.number:
            pages.append(self.paper.number)


def _columns(unit: KitUnit) -> list[tuple[float, list[Line]]]:
    """Lines of the three columns of a unit: who and where, phones and hours, places."""
    who = lines_of(unit.name, NAME, WHO_WIDTH)
    if unit.entity_name:
        who += lines_of(unit.entity_name, BODY, WHO_WIDTH)
    who += _where_lines(unit)
    who += lines_of(" – ".join(unit.conditions), SOFT, WHO_WIDTH) if unit.conditions else []
    return [(LEFT, who), (PHONE_X, _phone_lines(unit)), (PLACES_X, _place_lines(unit))]


def _where_lines(unit: KitUnit) -> list[Line]:
    """« Nanterre – 32 bis rue Salvador Allende, 92000 », the commune in bold."""
    if unit.is_place_hidden:
        return lines_of("Lieu et adresse non communiqués", COMMUNE, WHO_WIDTH)
    if not unit.commune or not unit.address:
        return lines_of(unit.commune or unit.address, COMMUNE, WHO_WIDTH)
    room = WHO_WIDTH - COMMUNE.width(f"{unit.commune} ")
    first, *others = BODY.wrap(f"– {unit.address}", room)
    rest = lines_of(" ".join(others), BODY, WHO_WIDTH) if others else []
    return [Line(((unit.commune, COMMUNE), (first, BODY))), *rest]


def _phone_lines(unit: KitUnit) -> list[Line]:
    lines: list[Line] = []
    for phone in unit.phones:
        parts = (phone.words, STRONG), (phone.label, SOFT)
        lines.append(Line(parts if phone.label else parts[:1]))
    if not unit.phones:
        lines += lines_of("Aucun téléphone connu", SOFT, PHONE_WIDTH)
    return lines + (lines_of(unit.hours, SOFT, PHONE_WIDTH) if unit.hours else [])


def _place_lines(unit: KitUnit) -> list[Line]:
    mark = unit.mark
    lines = []
    if mark.shape != mark.letter:
        lines.append(Line(((unit.figure, FIGURE), (unit.figure_words, BESIDE))))
        lines.append(Line(((f"{mark.shape}{NBSP}{mark.letter}", STRONG), (mark.words, BODY))))
    else:
        lines.append(Line(((f"{mark.shape} {mark.words}", SOFT),)))
    for text in (unit.stated, *unit.remarks):
        lines += lines_of(text, SOFT, PLACES_WIDTH) if text else []
    return lines


def _index(kit: Kit, commune_pages: Mapping[str, Sequence[int]], first: int) -> Paper:
    """Communes with the pages where their units stand."""
    paper = Paper(kit, first)
    if not kit.communes:
        return paper
    paper.turn()
    paper.write(lines_of("Index par commune", HEAD, RIGHT - LEFT), "H2")
    paper.y += 4
    for commune in kit.communes:
        pages = commune_pages.get(commune.name, ())
        told = BODY.wrap(f"{plural(len(pages), 'page')} {_ranges(pages)}", RIGHT - LEFT - 250)
        paper.make_room(9.8 * len(told) + 2)
        block = paper.page.block("P")
        block.runs.append(Run(LEFT, paper.y + 8, commune.name, STRONG))
        said = counted(commune.units, "fiche")
        block.runs.append(Run(LEFT + 236 - BODY.width(said), paper.y + 8, said, BODY))
        for rank, text in enumerate(told):
            block.runs.append(Run(LEFT + 250, paper.y + 8 + rank * 9.8, text, BODY, pages[0] if pages else 0))
        paper.y += 9.8 * len(told) + 2
        paper.rule(TINT)
    return paper


def _ranges(pages: Sequence[int]) -> str:
    """« 3, 7–9, 12 »."""
    runs: list[tuple[int, int]] = []
    for page in pages:
        if runs and runs[-1][1] == page - 1:
            runs[-1] = (runs[-1][0], page)
        else:
            runs.append((page, page))
    return ", ".join(number(start) if start == end else f"{number(start)}–{number(end)}" for start, end in runs)
