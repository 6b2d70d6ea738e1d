// Editing by block, quicker: the form takes the place of its block, the help bubbles can be hidden. Without this module
// (and without htmx) each form stands alone on its page and does the same.

const HELP = "ror-infobulles";
const LOSS = "Quitter une fiche sans l’enregistrer entraîne la perte de ses données. Abandonner votre saisie\u202f?";

// Help bubbles: shown unless the person hid them once.
const helpShown = () => localStorage.getItem(HELP) !== "non";
const showHelp = () => {
  document.documentElement.classList.toggle("no-help", !helpShown());
  for (const tools of document.querySelectorAll("[data-help-tools]")) {
    tools.hidden = false;
    tools.querySelector("[data-help-toggle]").checked = helpShown();
  }
};
showHelp();

document.addEventListener("change", (event) => {
  if (!event.target.matches("[data-help-toggle]")) return;
  localStorage.setItem(HELP, event.target.checked ? "oui" : "non");
  showHelp();
});

// One block at a time: with a form open, another block opens on its own page, and the browser asks about what is typed.
document.addEventListener("htmx:confirm", (event) => {
  const link = event.target;
  if (link.matches("[data-edit-block]") && document.querySelector("[data-block-form]")) {
    event.preventDefault();
    location.assign(link.href);
  } else if (link.matches("[data-drop-block]") && link.closest("form").matches(":is([data-unsaved], [data-typed])")) {
    if (!confirm(LOSS)) event.preventDefault();
  }
});

// Where the focus goes: to the title of the form, then, once it is saved or dropped, to the block and what is said of it.
let left = ""; // id of the block that a request leaves
let changed = ""; // id of the list whose change asked for the form again
document.addEventListener("htmx:beforeRequest", (event) => {
  left = event.target.closest?.("[data-block-form]")?.id ?? "";
});

const sayBeside = (block) => {
  const said = document.querySelector("[data-messages] .messages");
  if (!said) return false;
  said.tabIndex = -1;
  block.before(said);
  said.focus({ preventScroll: true });
  return true;
};

document.addEventListener("htmx:load", (event) => {
  showHelp();
  if (event.target.matches("[data-block-form]")) {
    const form = event.target;
    const list = changed && document.getElementById(changed);
    const urgent = form.querySelector("[data-focus]");
    const asked = !urgent && document.getElementById(form.dataset.focusOn);
    if (list) list.focus({ preventScroll: true });
    else if (asked) asked.focus({ preventScroll: true });
    else if (!urgent && !form.contains(document.activeElement)) form.querySelector("h2, h3").focus({ preventScroll: true });
    // What takes the focus is shown, and not the form, which may be longer than the window.
    if (!list) (urgent ?? document.activeElement).scrollIntoView({ block: "nearest" });
    changed = "";
    return;
  }
  const block = left && event.target.matches("main") && document.getElementById(left);
  if (!block) return;
  left = "";
  if (!sayBeside(block)) block.querySelector("[data-edit-block]")?.focus({ preventScroll: true });
  block.scrollIntoView({ block: "center" });
});

// Dependent lists: a change of discipline, family or establishment does what « Mettre à jour les listes » does.
document.addEventListener("change", (event) => {
  const button = event.target.matches("select[data-narrows]") && event.target.form?.querySelector("[name$=etape][value=listes]");
  if (!button) return;
  changed = event.target.id;
  button.click();
  event.target.form.inert = true; // what would be typed before the answer would be lost
});
document.addEventListener("htmx:afterRequest", (event) => {
  if (event.target.matches("form[data-warn-unsaved]")) event.target.inert = false;
});

// Enter in a search looks for it, and does not save the form.
document.addEventListener("keydown", (event) => {
  const search = event.key === "Enter" && event.target.closest?.(".search-field, .term-filter");
  if (!search) return;
  event.preventDefault();
  search.querySelector("button")?.click();
});

// Long lists of terms: what is typed filters them, without accents, synonyms included.
const plain = (text) =>
  text
    .normalize("NFD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, " ")
    .trim();

const filterTerms = (input) => {
  const words = plain(input.value).split(" ").filter(Boolean);
  let found = 0;
  for (const group of input.closest("[data-term-boxes]").querySelectorAll("details")) {
    let shown = 0;
    for (const box of group.querySelectorAll("[data-words]")) {
      box.hidden = !words.every((word) => box.dataset.words.includes(word));
      shown += !box.hidden;
    }
    group.open = words.length > 0 && shown > 0;
    group.hidden = shown === 0;
    found += shown;
  }
  const plural = found > 1 ? "s" : "";
  const count = input.parentElement.querySelector("[data-term-count]");
  count.textContent = words.length ? `${found || "Aucun"} terme${plural} trouvé${plural}.` : "";
};

document.addEventListener("input", (event) => {
  if (event.target.matches("[data-term-filter]")) filterTerms(event.target);
  if (event.target.matches("[data-counter]")) countCharacters(event.target);
});

// Characters typed in a long text, told at leisure.
const NUMBER = new Intl.NumberFormat("fr-FR");
const countCharacters = (text) => {
  const counter = text.parentElement.querySelector(".counter");
  if (!counter) return; // typed before the block was prepared, which counts then
  counter.textContent = `${NUMBER.format(text.value.length)} / ${NUMBER.format(text.maxLength)} caractères`;
  counter.classList.toggle("over", text.value.length >= text.maxLength);
};

const prepare = (root) => {
  for (const filter of root.querySelectorAll(".term-filter")) filter.hidden = false;
  for (const text of root.querySelectorAll("[data-counter]")) {
    const counter = document.createElement("p");
    counter.className = "counter mb-0";
    text.after(counter);
    countCharacters(text);
  }
};
prepare(document);
document.addEventListener("htmx:load", (event) => event.target === document.body || prepare(event.target));

// Over the map of a territory: communes that another CPTS serves too (hatched), communes that it surrounds (dotted).
const PATTERNS = `
  <pattern id="hachures" width="8" height="8" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><path d="M0 0V8"/></pattern>
  <pattern id="motif-points" width="7" height="7" patternUnits="userSpaceOnUse"><circle cx="3" cy="3" r="1.5"/></pattern>`;

const overMap = async (map, url, className) => {
  if (!url) return;
  const response = await fetch(url, { headers: { Accept: "application/json" } });
  if (response.ok) window.L.geoJSON(await response.json(), { style: { className, interactive: false } }).addTo(map);
};

document.addEventListener("map:drawn", ({ target }) => {
  const box = target.closest("[data-territory-advice]");
  if (!box || !(box.dataset.shared || box.dataset.holes)) return;
  const defs = document.createElementNS("http://www.w3.org/2000/svg", "defs");
  defs.innerHTML = PATTERNS;
  target.querySelector(".leaflet-overlay-pane svg")?.prepend(defs);
  overMap(target.map, box.dataset.shared, "territory-shared");
  overMap(target.map, box.dataset.holes, "territory-hole");
});
