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
    tools.querySelector("[data-help-toggle]").setAttribute("aria-pressed", String(helpShown()));
  }
};
showHelp();

document.addEventListener("click", (event) => {
  if (!event.target.closest?.("[data-help-toggle]")) return;
  localStorage.setItem(HELP, helpShown() ? "non" : "oui");
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
let left = "";
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
    if (!form.contains(document.activeElement)) form.querySelector("h2").focus({ preventScroll: true });
    form.scrollIntoView({ block: "nearest" });
    return;
  }
  const block = left && event.target.matches("main") && document.getElementById(left);
  if (!block) return;
  left = "";
  if (!sayBeside(block)) block.querySelector("[data-edit-block]")?.focus({ preventScroll: true });
  block.scrollIntoView({ block: "center" });
});
