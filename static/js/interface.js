// Small behaviours; every page reads and submits without them.

const wide = matchMedia("(min-width: 62rem)");
const all = (selector, root = document) => root.querySelectorAll(selector);

// Facets, legend: open on wide screens, folded on narrow ones.
const fold = () => all("[data-narrow-closed]").forEach((details) => (details.open = wide.matches));
wide.addEventListener("change", fold);
fold();
document.addEventListener("htmx:load", (event) => {
  if (event.target.matches("main")) fold();
});

// Menu: closes on Escape (focus back on its button) and when focus or click goes elsewhere. A pointer moves the focus
// before it clicks: closing then would take what is below from under it.
const menus = () => all("details[data-menu][open]");
const leaveMenus = ({ target }) => menus().forEach((menu) => menu.contains(target) || (menu.open = false));
let isPointing = false;
document.addEventListener("pointerdown", () => (isPointing = true), true);
for (const end of ["click", "pointercancel", "keydown"]) document.addEventListener(end, () => (isPointing = false), true);
document.addEventListener("click", leaveMenus);
document.addEventListener("focusin", (event) => isPointing || leaveMenus(event));
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  menus().forEach((menu) => {
    menu.open = false;
    menu.querySelector("summary").focus();
  });
});

// − / + around a number: [data-step=-1 data-for=id]. An empty field starts from 0.
const step = (button) => {
  const input = document.getElementById(button.dataset.for);
  const next = (Number.parseInt(input.value, 10) || 0) + Number(button.dataset.step);
  input.value = String(Math.min(Number(input.max || 9999), Math.max(Number(input.min || 0), next)));
  input.dispatchEvent(new Event("input", { bubbles: true }));
  input.dispatchEvent(new Event("change", { bubbles: true }));
};

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-step], [data-print]");
  if (!button) return;
  if (button.dataset.step) step(button);
  else print();
});

// form[data-warn-unsaved]: leaving with something typed and not sent asks first. [data-unsaved]: shown again, not saved.
const UNSAVED = ":is([data-unsaved], [data-typed])";
document.addEventListener("input", (event) => event.target.closest("form[data-warn-unsaved]")?.setAttribute("data-typed", ""));
document.addEventListener("submit", (event) => {
  event.target.removeAttribute("data-typed");
  event.target.removeAttribute("data-unsaved");
});
document.addEventListener("htmx:afterRequest", (event) => {
  const form = event.target.closest?.("form[data-warn-unsaved]");
  if (form && !event.detail.successful) form.setAttribute("data-unsaved", "");
});
addEventListener("beforeunload", (event) => {
  if (document.querySelector(`form[data-warn-unsaved]${UNSAVED}`)) event.preventDefault();
});

// A double click sends a form once. What htmx sends has its own rule (hx-sync), and a search may be asked again at once.
const ONCE = 2000; // ms
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post") return;
  if (form.hasAttribute("data-sent")) return event.preventDefault();
  form.setAttribute("data-sent", "");
  setTimeout(() => form.removeAttribute("data-sent"), ONCE);
});

// The error summary takes the focus, after a page load and after a partial update.
const focusErrors = (root) => root.querySelector("[data-focus]")?.focus();
focusErrors(document);
document.addEventListener("htmx:load", (event) => focusErrors(event.target));

// Signing in again in another tab changes the CSRF token: what a form sends, by a button or by a script that reads it
// (`new FormData(form)`), has that of the cookie, not that of its page. A script that has no form dispatches the event.
const TOKEN = "csrfmiddlewaretoken";
const currentToken = () => document.cookie.match(/(?:^|; )(?:__Host-)?ror_csrf=([^;]+)/)?.[1];
document.addEventListener("formdata", ({ formData }) => {
  const token = currentToken();
  if (token && formData.has(TOKEN)) formData.set(TOKEN, token);
});
document.addEventListener("htmx:configRequest", (event) => {
  const { parameters, headers } = event.detail;
  const token = currentToken();
  if (!token) return;
  headers["X-CSRFToken"] = token;
  if (parameters[TOKEN]) parameters[TOKEN] = token;
});

// A partial update that fails says so above the page; what was typed stays where it is.
const FAILURES = {
  401: "Votre connexion a expiré\u00a0: rien n’est enregistré, rien n’est perdu. Reconnectez-vous dans un autre onglet, puis enregistrez à nouveau.",
  403: "Cette demande est refusée, rien n’a été enregistré\u00a0: vos droits ont peut-être changé. Copiez ce que vous avez saisi avant de recharger la page.",
  409: "Quelqu’un a modifié ces informations avant vous\u202f: rechargez la page pour les voir.",
  429: "Trop de demandes en peu de temps\u202f: patientez puis réessayez.",
};
const signInLink = (address) => {
  const link = document.createElement("a");
  Object.assign(link, { href: address, target: "_blank", rel: "noopener", textContent: "Se reconnecter (nouvel onglet)" });
  return link;
};
const sayFailure = (status) => {
  const note = document.createElement("div");
  note.className = "note note-err my-3";
  note.setAttribute("role", "alert");
  note.dataset.failure = status;
  note.textContent = FAILURES[status] ?? "La demande n’a pas abouti, rien n’a été enregistré. Réessayez dans un instant.";
  const place = document.querySelector("[data-messages]");
  if (status === 401) note.append(" ", signInLink(place.dataset.signIn));
  place.querySelectorAll(":scope > .note").forEach((old) => old.remove());
  place.append(note);
  note.scrollIntoView({ block: "nearest" });
};
document.addEventListener("htmx:responseError", (event) => sayFailure(event.detail.xhr.status));
document.addEventListener("htmx:sendError", () => sayFailure(0));
document.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.successful) all("[data-messages] > [data-failure]").forEach((note) => note.remove());
});

// Paper shows what is folded, for browsers whose style sheet cannot.
let opened = [];
addEventListener("beforeprint", () => {
  opened = [...all("main details:not([open])")];
  opened.forEach((details) => (details.open = true));
});
addEventListener("afterprint", () => opened.forEach((details) => (details.open = false)));

// A long list that scrolls by itself: its current line is in sight, after a page load, a partial update, an unfolding.
const showCurrent = (root) =>
  all("[data-shows-current]", root).forEach((box) => {
    const line = box.querySelector("[aria-current]");
    if (line) box.scrollTop += line.getBoundingClientRect().top - box.getBoundingClientRect().top - box.clientHeight / 2;
  });
showCurrent(document);
document.addEventListener("htmx:load", (event) => showCurrent(event.target));
document.addEventListener("toggle", (event) => event.target.open && showCurrent(event.target), true);
