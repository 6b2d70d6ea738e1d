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

// Enter on any control of a row saves that row alone.
form.addEventListener("keydown", (event) => {
  const row = event.target.closest("[data-row]");
  if (!row) return;
  if (isSending(row) && event.key !== "Tab") event.preventDefault();
  if (event.key !== "Enter" || !event.target.matches("input, select")) return;
  event.preventDefault();
  row.querySelector("[name=save]").click();
});

form.addEventListener("input", showModified);

// A row that is being sent takes no typing: its answer would replace it.
const isSending = (row) => row.getAttribute("aria-busy") === "true";
const setSending = (row, sending) => {
  row.setAttribute("aria-busy", sending);
  for (const field of fields(row)) field.readOnly = sending;
  const sign = row.querySelector("[data-sending]");
  if (sign) sign.hidden = !sending;
};
document.addEventListener("htmx:beforeSend", (event) => {
  const row = event.detail.elt.closest("[data-row]");
  if (row) setSending(row, true);
});
document.addEventListener("htmx:afterRequest", (event) => {
  const row = event.detail.elt.closest("[data-row]");
  if (row?.isConnected) setSending(row, false);
});

// The focus moves on only if it is still in the row that was sent, or nowhere since its button was pressed.
let mayMove = false;
document.addEventListener("htmx:beforeSwap", (event) => {
  const focused = document.activeElement;
  mayMove = !focused || focused === document.body || event.detail.target.contains(focused);
});

// Another row of the pool is shown anew, unless somebody is in it or typed there: it is then told.
document.addEventListener("htmx:oobBeforeSwap", (event) => {
  const row = event.detail.target;
  if (!row.matches("[data-row]")) return;
  if (isModified(row) || isSending(row) || row.contains(document.activeElement)) event.detail.shouldSwap = false;
});
const tellBeside = (saved) => {
  if (!saved.dataset.pool || !["saved", "undone"].includes(saved.dataset.outcome)) return;
  for (const row of rows()) {
    const told = row.querySelector("[data-beside]");
    const isOlder = row.querySelector("[name$=-version]")?.value !== saved.querySelector("[name$=-version]")?.value;
    if (row === saved || row.dataset.pool !== saved.dataset.pool || !told || !isOlder) continue;
    told.textContent = `Ces lits mutualisés viennent d’être saisis depuis une autre unité\u00a0: ${saved.dataset.figure}. Ce qui est tapé ici n’est pas enregistré.`;
    told.hidden = false;
  }
};

const focusOn = (field) => {
  field.focus();
  if (field.matches("input.form-control")) field.select();
};

const focusAfter = (row) => {
  if (row.dataset.outcome === "edited") {
    focusOn(row.querySelector("[autofocus]") ?? row.querySelector("[name=add_line]") ?? row.querySelector("summary"));
    return;
  }
  if (["undone", "pending", "newer"].includes(row.dataset.outcome)) {
    focusOn(figure(row));
    return;
  }
  if (row.dataset.outcome !== "saved") {
    focusOn(row.querySelector("[data-question]") ?? row.querySelector("[aria-invalid=true]") ?? row.querySelector("a"));
    return;
  }
  const next = rows().slice(rows().indexOf(row) + 1).find(figure);
  focusOn(next ? figure(next) : form.querySelector("[name=save][value=all]"));
};

document.addEventListener("htmx:load", (event) => {
  const row = event.target.closest?.("[data-row]");
  if (!row || row.dataset.outcome === "shown") return;
  announcement.textContent = row.dataset.announcementText ?? "";
  if (mayMove) focusAfter(row);
  tellBeside(row);
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
