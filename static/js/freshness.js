// Ageing of the figures on an open page: each minute, badges follow the clock of the server, and a figure that no longer
// counts ([data-expires]) is struck, with the page's way to refresh ([data-since-shown]). Other modules (maps) follow
// the event « figures:aged ». A state that a closure gives ([data-state-fixed]) stays. The thresholds are those of
// availability/freshness.py; the badges are copied from template[data-freshness].

const HOUR = 3_600_000;
const BANDS = [[1, "1h"], [3, "3h"], [6, "6h"], [12, "12h"], [24, "24h"]];
const MINUTE = 60_000;
const UNIT = ".hit, .figure-line, .todo-row, .availability, [data-row], .cell"; // what holds a line and its figure

const badges = document.querySelector("template[data-freshness]");
const offset = badges ? Date.parse(badges.dataset.now) - Date.now() : 0;

const bandOf = (age) => BANDS.find(([hours]) => age < hours * HOUR)?.[1] ?? "old";

const stateOf = (age, rhythm) => {
  if (age <= 0.75 * rhythm) return "ok";
  if (age <= rhythm) return "soon";
  return age <= 3 * rhythm ? "late" : "out";
};

// Rounded down to the largest unit, as common/french.py does.
const words = (length) => {
  const minutes = Math.floor(length / MINUTE);
  if (minutes < 60) return `${minutes}\u00a0min`;
  if (minutes < 1440) return `${Math.floor(minutes / 60)}\u00a0h`;
  const days = Math.floor(minutes / 1440);
  return days < 2 ? `${days} jour` : `${days} jours`;
};

const copy = (selector) => badges.content.querySelector(selector).cloneNode(true);
const lettersOf = (band) => badges.content.querySelector(`.fresh.f-${band}`).lastChild.textContent.trim();
const ageOf = (at, now) => Math.max(0, now - Date.parse(at));

const age = (line, now) => {
  const length = ageOf(line.dataset.statedAt, now);
  const rhythm = Number(line.dataset.rhythm) * 1000;
  const [band, state] = [bandOf(length), stateOf(length, rhythm)];
  const badge = "stateFixed" in line.dataset ? line.querySelector(".state") : copy(`.state.s-${state}`);
  if (badge.parentNode !== line) {
    if (state === "soon") badge.lastChild.textContent = line.dataset.due;
    if (state === "late") badge.lastChild.textContent = `En retard de ${words(length - rhythm)}`;
  }
  const before = line.textContent;
  const fresh = [copy(`.fresh.f-${band}`), badge];
  if (before === fresh.map((part) => part.textContent).join("")) return;
  line.replaceChildren(...fresh);
  const row = line.closest("[data-row]");
  if (!row) return;
  row.classList.remove(...[...row.classList].filter((name) => name.startsWith("f-")));
  row.classList.add(`f-${band}`);
};

// A badge alone: the oldest figure of several units, of a cell.
const ageBadge = (holder, now) => {
  const band = bandOf(ageOf(holder.dataset.agedAt, now));
  const shown = holder.querySelector(".fresh");
  if (shown && !shown.classList.contains(`f-${band}`)) shown.replaceWith(copy(`.fresh.f-${band}`));
};

// The word beside a number; a cell of the synthesis has none unless it says « complet ».
const wordUnder = (number) => {
  const next = number.nextElementSibling;
  if (next && !next.matches("[data-aged-at]")) return next;
  const word = document.createElement("small");
  number.after(word);
  return word;
};

const strike = (line, now) => {
  if (!(now > Date.parse(line.dataset.expires))) return false;
  const holder = line.closest(UNIT);
  const places = holder?.matches(".cell") ? holder : holder?.querySelector(".places");
  const number = places?.querySelector("b");
  if (!number) return false;
  if (!number.querySelector("s")) {
    const struck = document.createElement("s");
    struck.append(...number.childNodes);
    number.replaceChildren(struck);
    places.classList.remove("none");
    wordUnder(number).textContent = line.dataset.expired || "périmé";
  }
  return true;
};

const tellExpired = () => document.querySelectorAll("[data-since-shown]").forEach((note) => (note.hidden = false));

export const ageAll = (now = Date.now() + offset) => {
  document.querySelectorAll("[data-stated-at]").forEach((line) => age(line, now));
  document.querySelectorAll("[data-aged-at]").forEach((holder) => ageBadge(holder, now));
  const struck = [...document.querySelectorAll("[data-expires]")].filter((line) => strike(line, now));
  if (struck.length) tellExpired();
  const detail = { now, tellExpired, bandOf: (at) => bandOf(ageOf(at, now)), lettersOf };
  document.dispatchEvent(new CustomEvent("figures:aged", { detail }));
};

if (badges) {
  setInterval(() => ageAll(), MINUTE);
  document.addEventListener("visibilitychange", () => document.hidden || ageAll());
}
