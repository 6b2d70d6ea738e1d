// Page of results: addresses without empty parameters, and, on the way back, what was open and where one was.
// Without this script every filter, link and fold works the same.

// Both forms are one search: what was typed in one goes with the other, whichever button is pressed. What a new search
// keeps and lifts is the rule of search/results/renewed.py.
const fields = document.querySelector(".search-form");
const refine = document.querySelector(".facets form");
const KEPT = ["distance", "places", "ajour", "ouvert", "ouvert_le", "pour", "age", "pmr", "chambre", "animal", "des", "masquer"];
const SHOWN = ["ou", "quoi", "dans"]; // of the search on screen, as the page wrote them
const NEVER_LIFTED = new Set([...KEPT, ...SHOWN, "tri", "vue"]);

// A day of opening goes with « Ouvert un jour » alone.
refine?.addEventListener("change", ({ target }) => {
  const { ouvert, ouvert_le: day } = refine.elements;
  if (target.name === "ouvert" && target.value !== "jour") day.value = "";
  if (target === day && day.value) ouvert.value = "jour";
});

if (fields && refine) {
  refine.addEventListener("formdata", ({ formData }) => {
    const isOther = fields.elements.quoi.value !== (formData.get("quoi") ?? "");
    for (const name of isOther ? ["ou", "quoi", "dans"] : ["ou", "quoi"]) {
      formData.set(name, fields.elements.namedItem(name)?.value ?? "");
    }
  });
  fields.addEventListener("formdata", ({ formData }) => {
    const refined = new FormData(refine);
    for (const name of KEPT.filter((name) => refine.elements.namedItem(name))) {
      formData.delete(name);
      refined.getAll(name).forEach((value) => formData.append(name, value));
    }
    const lifted = [...refined].filter(([name, value]) => value && !NEVER_LIFTED.has(name));
    const shown = SHOWN.map((name) => [name, refine.elements.namedItem(name)?.value]).filter(([, value]) => value);
    const isLifting = lifted.length || shown.some(([name]) => name === "dans");
    formData.set("avant", isLifting ? new URLSearchParams([...shown, ...lifted]) : "");
  });
}

// A form sends only what was filled in: the address stays short enough to be read and sent.
document.querySelectorAll("form[data-tidy]").forEach((form) =>
  form.addEventListener("formdata", ({ formData }) => {
    for (const name of new Set(formData.keys())) {
      const given = formData.getAll(name).filter((value) => value !== "");
      formData.delete(name);
      given.forEach((value) => formData.append(name, value));
    }
  }),
);

// What was folded or unfolded by hand, and the height of the page, belong to this step of the history.
const folds = () => [...document.querySelectorAll("details[data-keep]")];
const keyOf = (details) => details.dataset.keep || details.id;
const remember = () => {
  const opened = folds().filter((details) => details.open).map(keyOf);
  history.replaceState({ ...history.state, opened, y: scrollY }, "");
};
const restore = () => {
  const { opened, y } = history.state ?? {};
  if (!opened) return;
  folds().forEach((details) => (details.open = opened.includes(keyOf(details))));
  requestAnimationFrame(() => scrollTo(0, y));
};
restore();
addEventListener("pagehide", remember);

// Below 75 rem the list stands alone: its map is drawn, and its markers asked for, only once there is room for it.
// Comes before map.js, which leaves out what is marked as drawn.
const room = matchMedia("(min-width: 75rem)");
const aside = document.querySelector(".results-liste .results-aside");
const map = aside?.querySelector("[data-map]");
if (map && !room.matches) {
  map.dataset.drawn = "";
  const draw = () => {
    delete map.dataset.drawn;
    aside.dispatchEvent(new CustomEvent("htmx:load", { bubbles: true }));
  };
  room.addEventListener("change", draw, { once: true });
}

// Which line was opened is counted for this text, without who: nothing waits for it, and the link stays plain.
const list = document.querySelector("[data-opening]");
const KINDS = { uo: /\/uo\/\d/, pro: /\/professionnels\/\d/, eg: /\/eg\/\d/ };
const tellOpened = (event) => {
  const link = event.target.closest(".hit a[href]");
  const nature = Object.keys(KINDS).find((name) => link && KINDS[name].test(link.pathname));
  if (!nature || event.button > 1) return;
  const place = [...list.querySelectorAll(".hit")].indexOf(link.closest(".hit"));
  const { opening, what, department, first } = list.dataset;
  const told = new FormData();
  told.append("csrfmiddlewaretoken", JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"]);
  told.append("quoi", what);
  told.append("departement", department);
  told.append("rang", Number(first) + place);
  told.append("nature", nature);
  list.dispatchEvent(new FormDataEvent("formdata", { formData: told, bubbles: true })); // the token of today
  navigator.sendBeacon(opening, told);
};
list?.addEventListener("click", tellOpened);
list?.addEventListener("auxclick", tellOpened);
