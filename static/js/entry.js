// The entry page, quicker: a row is saved alone, modified rows are told apart, leaving with unsaved rows asks first.
// Without this module the whole form is sent and the same rows come back.

const form = document.querySelector("form[data-entry]");
const counter = form.querySelector("[data-unsaved]");
const announcement = document.querySelector("[data-announcement]");

const clock = document.querySelector("template[data-freshness]");
const offset = clock ? Date.parse(clock.dataset.now) - Date.now() : 0;

const rows = () => [...form.querySelectorAll("[data-row]")];
const fields = (row) => [...row.querySelectorAll("input:not([type=hidden], [data-question]), textarea, select")];
const figure = (row) => row.querySelector("[data-current], .stepper input");
const isKept = (row) => ["pending", "wrong"].includes(row.dataset.outcome) && fields(row).length > 0;
const isTyped = (field) => {
  if (field.type === "radio") return field.checked !== field.defaultChecked;
  if (field.options) return [...field.options].some((option) => option.defaultSelected && !option.selected);
  return field.value !== field.defaultValue;
};
const isModified = (row) => isKept(row) || fields(row).some(isTyped);

const showChange = (row) => {
  const [input, hint] = [figure(row), row.querySelector("[data-change]")];
  if (!input || !hint) return;
  const current = input.dataset.current;
  const changed = current !== undefined && input.value.trim() !== "" && input.value.trim() !== current;
  hint.hidden = !changed;
  hint.textContent = changed ? `Modifié\u00a0: ${input.value.trim()} au lieu de ${current}` : "";
};

const showModified = () => {
  let count = 0;
  for (const row of rows()) {
    const modified = isModified(row);
    count += modified;
    showChange(row);
    const button = row.querySelector("[name=save]");
    button?.classList.toggle("btn-primary", modified);
    button?.classList.toggle("btn-outline-primary", !modified);
  }
  const plural = count > 1 ? "s" : "";
  if (counter) counter.textContent = count ? `${count} ligne${plural} modifiée${plural}, non enregistrée${plural}.` : "";
};

// Enter in a number saves its own row.
form.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !event.target.matches("input.form-control")) return;
  event.preventDefault();
  event.target.closest("[data-row]").querySelector("[name=save]").click();
});

form.addEventListener("input", showModified);

const focusAfter = (row) => {
  if (row.dataset.outcome === "edited") {
    (row.querySelector("[autofocus]") ?? row.querySelector("[name=add_line]") ?? row.querySelector("summary")).focus();
    return;
  }
  if (row.dataset.outcome === "undone") {
    figure(row).focus();
    return;
  }
  if (row.dataset.outcome !== "saved") {
    (row.querySelector("[data-question]") ?? row.querySelector("[aria-invalid=true]") ?? row.querySelector("a")).focus();
    return;
  }
  const next = rows().slice(rows().indexOf(row) + 1).find(figure);
  (next ? figure(next) : form.querySelector("[name=save][value=all]")).focus();
};

document.addEventListener("htmx:load", (event) => {
  const row = event.target.closest?.("[data-row]");
  if (!row || row.dataset.outcome === "shown") return;
  announcement.textContent = row.dataset.announcementText ?? "";
  focusAfter(row);
  showModified();
});

// « Annuler » goes with its ten minutes.
const endUndo = () => {
  const [now, late] = [Date.now() + offset, form.querySelectorAll("[data-until]")];
  late.forEach((part) => Date.parse(part.dataset.until) < now && part.remove());
};
setInterval(endUndo, 15_000);

let leaving = false;
form.addEventListener("submit", () => (leaving = true));
addEventListener("beforeunload", (event) => {
  if (!leaving && rows().some(isModified)) event.preventDefault();
});

showModified();
