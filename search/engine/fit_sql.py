"""The class of units for a person's needs, in SQL: the rules of ``availability.guichet.judging.judge``, all at once.

Nothing about the person is kept. What decides is told by ``fit.judge_units``, for the units that are shown; a test
holds both equal on units of every state.
"""

import datetime
from collections.abc import Iterable, Sequence
from typing import Any

from availability.guichet.needs import Fit, Needs, Who
from availability.guichet.reasons import PETS_EXCEPT, PETS_REFUSED
from availability.shown import local_day
from directory.ages import ADULT_DAYS, Age, first_day, last_day
from directory.enums import AgeUnit, Sex

# Answers of one criterion, worst last; a criterion that says nothing is the least.
_SILENT, _YES, _MAYBE, _NO = range(-1, 3)
_FITS, _TO_CONFIRM, _FULL, _NO_FIT = (fit.rank for fit in (Fit.FITS, Fit.TO_CONFIRM, Fit.FULL, Fit.NO_FIT))
_OWN = {Who.WOMAN: Sex.WOMEN, Who.MAN: Sex.MEN}
_LINE_SEX = {
    Who.WOMAN: {"women": _YES, "any": _YES, "men": _NO},
    Who.MAN: {"men": _YES, "any": _YES, "women": _NO},
    Who.COUPLE: {"couple": _YES, "men": _NO, "women": _NO},
}
FIGURES = "LEFT JOIN availability_currentfigure f ON f.unit_id = d.unit_id"
_HELD = "SELECT {wanted} FROM availability_unitclosure closure WHERE closure.withdrawn_at IS NULL AND "
_ACTIVE = "closure.starts_at <= %(now)s AND (closure.ends_at IS NULL OR closure.ends_at > %(now)s)"
_STARTS, _ENDS = (f"(closure.{name} AT TIME ZONE 'Europe/Paris')::date" for name in ("starts_at", "ends_at"))
_LINES = "jsonb_to_recordset({lines}) AS line (count int, state text, sex text, access text, room text, animal text,"
_LINES = f"{_LINES} min_age int, max_age int, until date)"
_FREE = "line.state = 'free' AND line.count > 0"
# Free lines of the row ``d``; places of the total that no line describes are one more.
FREE_LINES = f"""(
    SELECT sex, access, room, animal, min_age, max_age FROM {_LINES} WHERE {_FREE}
    UNION ALL
    SELECT NULL, NULL, NULL, NULL, NULL, NULL
    WHERE d.figure > (SELECT coalesce(sum(line.count), 0) FROM {_LINES} WHERE {_FREE})
) AS line"""  # noqa: S608 (written here)
_FRESH = "f.confirmed_at >= %(now)s - f.rhythm"
_LATE = f"CASE WHEN {_FRESH} THEN {_SILENT} ELSE {_MAYBE} END"
_PETS = "SELECT ror_fold(pets) AS said FROM directory_operationalunit WHERE id = d.unit_id"


def fit_sql(needs: Needs, now: datetime.datetime, parameters: dict[str, Any], name: str = "need") -> str:
    """SQL of the rank of the class (``Fit.rank``) of the row ``d``; adds what it names to ``parameters``.

    ``d`` has the columns unit_id, sex, min_age_days and max_age_days of a document, figure and counts (whether the
    figure counts now); ``f`` is its current figure (``FIGURES``). A practitioner is to be confirmed. ``name`` begins
    the names of the parameters, but for ``now`` and ``today``.
    """
    said = _Said(needs, name, parameters)
    parameters |= {"now": now, "today": local_day(now)}
    unit = _worst([said.unit_sex(), said.unit_age()])
    return f"""
        CASE
            WHEN d.unit_id IS NULL THEN {_TO_CONFIRM}
            WHEN {unit} = {_NO} THEN {_NO_FIT}
            WHEN f.unit_id IS NOT NULL AND d.unit_id IN ({_HELD.format(wanted="closure.unit_id")} {_ACTIVE})
                THEN {said.closed()}
            WHEN NOT d.counts OR f.contested_at IS NOT NULL THEN {_TO_CONFIRM}
            {said.of_later_day() if needs.is_ahead(local_day(now)) else said.of_today(unit)}
        END
    """


def fitting_sql(tried: Sequence[Needs], rows: str, now: datetime.datetime, parameters: dict[str, Any]) -> str:
    """SQL of an array: how many of ``rows`` fit each of these needs for sure (``Fit.FITS``).

    ``rows``: units with free places that count, with the columns that ``fit_sql`` reads. ``tried`` differ by who it is
    for and by the yes-or-no needs alone; they are not for a day beyond tomorrow, for which nothing is sure.
    Each criterion is answered once a unit, and once a line.
    """
    parameters |= {"now": now, "today": local_day(now)}
    of_unit: dict[str, str] = {}
    of_counts: dict[str, str] = {}
    of_lines: dict[str, str] = {}
    for needs in tried:
        said = _Said(needs, f"tried_{needs.who}", parameters)
        units = {f"u_{needs.who}": said.unit_sex(), "u_age": said.unit_age(), "u_closing": said.closing()}
        for answers, told in ((of_unit, units), (of_counts, said.count_answers()), (of_lines, said.line_answers())):
            answers |= {name: answer for name, answer in told.items() if answer}
    kept, lined = [], []
    for place, needs in enumerate(tried):
        unit, counts = _worst(_asked(of_unit, needs)), _asked(of_counts, needs)
        joined = " + ".join(f"({name} = {_YES})::int" for name in counts) or "0"
        ok = f"CASE WHEN is_lined THEN ok{place} ELSE {_worst(counts)} <= {_YES} AND {joined} <= 1 END"
        kept.append(f"count(*) FILTER (WHERE {unit} <= {_YES} AND {ok})")
        lined.append(f"bool_or({_worst(_asked(of_lines, needs))} <= {_YES}) AS ok{place}")
    of_row = [f"{answer} AS {name}" for name, answer in {**of_unit, **of_counts}.items()]
    of_line = [f"{answer} AS {name}" for name, answer in of_lines.items()]
    return f"""
        (SELECT ARRAY[{", ".join(kept)}] FROM (
            SELECT d.figure, d.sex, f.lines, jsonb_array_length(f.lines) > 0 AS is_lined, {", ".join(of_row)}
            FROM ({rows}) AS d JOIN availability_currentfigure f ON f.unit_id = d.unit_id AND f.contested_at IS NULL
            WHERE {_FRESH} OFFSET 0
         ) AS d LEFT JOIN LATERAL (
            SELECT {", ".join(lined)} FROM (
                SELECT {", ".join(of_line)} FROM {FREE_LINES.format(lines="d.lines")} OFFSET 0
            ) AS line
         ) AS lined ON is_lined)
    """  # noqa: S608 (as above)


def _worst(answers: list[str]) -> str:
    told = [answer for answer in answers if answer]
    return f"greatest({', '.join(told)})" if told else str(_SILENT)


def _asked(answers: Iterable[str], needs: Needs) -> list[str]:
    """Names of the answers that these needs ask for."""
    boxes = (("access", needs.accessible), ("room", needs.single_room), ("animal", needs.animal))
    wanted = {needs.who.value, "age", "closing", *(name for name, is_asked in boxes if is_asked)}
    return [name for name in answers if name.partition("_")[2] in wanted]


class _Said:
    """What is known of each criterion asked, as SQL; empty when the criterion is not asked."""

    def __init__(self, needs: Needs, name: str, parameters: dict[str, Any]) -> None:
        self.needs, self.name, self.parameters = needs, name, parameters

    def named(self, what: str, value: Any) -> str:
        self.parameters[f"{self.name}_{what}"] = value
        return f"%({self.name}_{what})s"

    @property
    def on(self) -> str:
        return self.named("on", self.needs.on)

    def unit_sex(self) -> str:
        if not self.needs.who:
            return ""
        if self.needs.who is Who.COUPLE:
            return f"CASE WHEN d.sex <> '' THEN {_MAYBE} ELSE {_SILENT} END"
        own = self.named("sex", _OWN[self.needs.who].value)
        return f"CASE d.sex WHEN '' THEN {_SILENT} WHEN {own} THEN {_YES} ELSE {_NO} END"

    def unit_age(self) -> str:
        if self.needs.age is None:
            return ""
        age = Age(self.needs.age, AgeUnit.YEAR)
        young, old = self.named("young", first_day(age)), self.named("old", last_day(age))
        return (
            f"CASE WHEN {old} < d.min_age_days OR {young} > d.max_age_days THEN {_NO}"
            f" WHEN {young} >= d.min_age_days AND {old} <= d.max_age_days THEN {_YES} ELSE {_MAYBE} END"
        )

    def closed(self) -> str:
        """A unit closed now that reopens by the day asked is to be confirmed."""
        if self.needs.on is None:
            return str(_FULL)
        ends = f"({_HELD.format(wanted=_ENDS)} {_ACTIVE} AND closure.unit_id = d.unit_id"
        ends = f"{ends} ORDER BY closure.starts_at, closure.id LIMIT 1)"
        return f"CASE WHEN {ends} <= {self.on} THEN {_TO_CONFIRM} ELSE {_FULL} END"

    def of_today(self, unit: str) -> str:
        """What the figure of today answers."""
        return f"""
            WHEN d.figure = 0 THEN {self.full()}
            WHEN jsonb_array_length(f.lines) > 0 THEN {self.of_lines(unit)}
            ELSE {self.of_counts(unit)}
        """

    def of_later_day(self) -> str:
        """Beyond tomorrow no figure is certain: the record's refusal of animals or a closure alone settles it."""
        refused = ""
        if self.needs.animal:
            takes = f"EXISTS (SELECT 1 FROM {_LINES.format(lines='f.lines')} WHERE line.animal = 'yes')"  # noqa: S608
            refused = f"WHEN {self.animal()} = {_NO} AND NOT {takes} THEN {_NO_FIT}"
        return f"""
            {refused}
            WHEN d.figure = 0 AND {self.held()} IS NOT NULL AND NOT ({self.coming()}) THEN {_FULL}
            ELSE {_TO_CONFIRM}
        """

    def full(self) -> str:
        """A full unit may suit once places are freed."""
        return str(_FULL) if self.needs.on is None else f"CASE WHEN {self.coming()} THEN {_TO_CONFIRM} ELSE {_FULL} END"

    def held(self) -> str:
        """First day of the planned closures that hold on the day asked."""
        return (
            f"({_HELD.format(wanted=f'min({_STARTS})')} closure.unit_id = d.unit_id AND closure.starts_at > %(now)s"
            f" AND {_STARTS} <= {self.on} AND (closure.ends_at IS NULL OR {_ENDS} > {self.on}))"
        )

    def coming(self) -> str:
        """Whether places are freed by the day asked, but within a closure that holds that day."""
        by_then = f"BETWEEN %(today)s AND {self.on}", f"<= {self.on}"
        awaited, freed = (
            f"EXISTS (SELECT 1 FROM {rows} AND {day} {then} AND {day} < coalesce({self.held()}, 'infinity'))"  # noqa: S608
            for rows, day, then in (
                (
                    "availability_expectedplace place WHERE place.unit_id = d.unit_id AND place.settled_at IS NULL",
                    "place.expected_on",
                    by_then[0],
                ),
                (f"{_LINES.format(lines='f.lines')} WHERE line.state = 'reserved'", "line.until", by_then[1]),
            )
        )
        return f"{awaited} OR {freed}"

    def closing(self) -> str:
        """A closure planned to begin by the day asked."""
        if self.needs.on is None:
            return ""
        planned = f"{_HELD.format(wanted='closure.unit_id')} closure.starts_at > %(now)s AND {_STARTS} <= {self.on}"
        return f"CASE WHEN d.unit_id IN ({planned}) THEN {_MAYBE} ELSE {_SILENT} END"

    def of_counts(self, unit: str) -> str:
        """One count that answers is enough, two may not be of one and the same place."""
        places = [answer for answer in self.count_answers("").values() if answer]
        joined = " + ".join(f"({answer} = {_YES})::int" for answer in places) or "0"
        worst = _worst([*places, self.animal()])
        return (
            f"CASE WHEN {worst} = {_NO} THEN {_NO_FIT} WHEN {joined} > 1 THEN {_TO_CONFIRM}"
            f" WHEN {_worst([unit, worst, self.closing(), _LATE])} <= {_YES} THEN {_FITS} ELSE {_TO_CONFIRM} END"
        )

    def count_answers(self, animal: str = str(_MAYBE)) -> dict[str, str]:
        """Answers of the counts of the total; ``animal``: of the record, which no count tells."""
        return {
            f"c_{self.needs.who}": self.sex_count(),
            "c_access": self.access_count(),
            "c_room": self.room_count(),
            "c_age": self.age_count(),
            "c_animal": animal if self.needs.animal else "",
        }

    def of_lines(self, unit: str) -> str:
        """The free line that answers best."""
        worst = _worst(list(self.line_answers(self.animal()).values()))
        best = f"SELECT min({worst}) FROM {FREE_LINES.format(lines='f.lines')}"  # noqa: S608 (as above)
        others = _worst([unit, self.closing(), _LATE])
        return (
            f"(SELECT CASE WHEN best.worst < {_NO} THEN"  # noqa: S608 (as above)
            f" CASE WHEN greatest(best.worst, {others}) <= {_YES} THEN {_FITS} ELSE {_TO_CONFIRM} END"
            f" ELSE {_NO_FIT} END FROM ({best}) AS best (worst))"
        )

    def line_answers(self, animal: str = str(_MAYBE)) -> dict[str, str]:
        """Answers of a row of ``FREE_LINES``; ``animal``: that of a line which does not tell."""
        needs, answers = self.needs, {f"l_{self.needs.who}": self.line_sex(), "l_age": self.line_age()}
        if needs.accessible:
            answers["l_access"] = f"CASE line.access WHEN 'yes' THEN {_YES} WHEN 'no' THEN {_NO} ELSE {_MAYBE} END"
        if needs.single_room:
            answers["l_room"] = f"CASE line.room WHEN 'single' THEN {_YES} WHEN 'shared' THEN {_NO} ELSE {_MAYBE} END"
        if needs.animal:
            answers["l_animal"] = f"CASE line.animal WHEN 'yes' THEN {_YES} WHEN 'no' THEN {_NO} ELSE {animal} END"
        return answers

    def sex_count(self) -> str:
        """Own places and indifférent ones answer; all described and none of them is no."""
        if not self.needs.who:
            return ""
        if self.needs.who is Who.COUPLE:
            return f"CASE WHEN d.sex <> '' THEN {_SILENT} ELSE {_MAYBE} END"
        own = "f.women" if self.needs.who is Who.WOMAN else "f.men"
        told = "coalesce(f.men, 0) + coalesce(f.women, 0) + coalesce(f.any_sex, 0)"
        return (
            f"CASE WHEN NOT ({own} > 0 IS TRUE OR f.any_sex > 0 IS TRUE)"
            f" AND ({told} >= d.figure OR {own} = 0 AND f.any_sex = 0) IS TRUE THEN {_NO}"
            f" WHEN d.sex <> '' THEN {_SILENT}"
            f" WHEN {own} > 0 OR f.any_sex > 0 THEN {_YES} ELSE {_MAYBE} END"
        )

    def access_count(self) -> str:
        return self._count("f.accessible") if self.needs.accessible else ""

    def room_count(self) -> str:
        shared = "CASE WHEN f.single_room IS NULL AND f.shared_room = d.figure THEN 0 ELSE f.single_room END"
        return self._count(shared) if self.needs.single_room else ""

    def age_count(self) -> str:
        if self.needs.age is None:
            return ""
        is_adult = first_day(Age(self.needs.age, AgeUnit.YEAR)) >= ADULT_DAYS
        return self._count("f.adults" if is_adult else "f.children", untold=_SILENT)

    @staticmethod
    def _count(count: str, untold: int = _MAYBE) -> str:
        return f"CASE WHEN {count} > 0 THEN {_YES} WHEN {count} = 0 THEN {_NO} ELSE {untold} END"

    def animal(self) -> str:
        """A plain refusal on the record settles it; anything else is to be asked."""
        if not self.needs.animal:
            return ""
        refused, but = (
            self.named(what, pattern.pattern.replace(r"\b", r"\y"))
            for what, pattern in (("refused", PETS_REFUSED), ("but", PETS_EXCEPT))
        )
        said = f"(SELECT said ~ {refused} AND NOT said ~ {but} FROM ({_PETS}) AS pets)"  # noqa: S608 (as above)
        return f"CASE WHEN {said} THEN {_NO} ELSE {_MAYBE} END"

    def line_sex(self) -> str:
        if not self.needs.who:
            return ""
        cases = " ".join(f"WHEN '{sex}' THEN {answer}" for sex, answer in _LINE_SEX[self.needs.who].items())
        untold = str(_MAYBE) if self.needs.who is Who.COUPLE else f"CASE WHEN d.sex <> '' THEN {_YES} ELSE {_MAYBE} END"
        return f"CASE coalesce(line.sex, '') {cases} WHEN '' THEN {untold} ELSE {_MAYBE} END"

    def line_age(self) -> str:
        if self.needs.age is None:
            return ""
        age = self.named("age", self.needs.age)
        return (
            f"CASE WHEN line.min_age IS NULL AND line.max_age IS NULL THEN {_SILENT}"
            f" WHEN {age} BETWEEN coalesce(line.min_age, 0) AND coalesce(line.max_age, 999) THEN {_YES} ELSE {_NO} END"
        )
