// A fiche as it is typed: kept on the server at leisure (nothing is saved in the dossier by it), its checklist kept true.
// Without this module the buttons of the form save, and the checklist is right after each of them.

const PAUSE = 1200; // milliseconds without typing
const BETWEEN = 4000; // between two sendings
const OFFLINE = "Brouillon non enregistré\u00a0: le serveur ne répond pas. Enregistrez avant de quitter.";
const SIGNED_OUT = "Brouillon non enregistré\u00a0: votre connexion a expiré. Reconnectez-vous dans un autre onglet.";
const REFUSED = "Brouillon non enregistré\u00a0: votre page a été refusée. Enregistrez la fiche, ou copiez votre saisie avant de la recharger.";
const ELSEWHERE = "Brouillon non enregistré\u00a0: vous avez enregistré cette fiche dans un autre onglet. Enregistrez pour comparer.";

const form = () => document.querySelector("form[data-draft]");
const isUnsaved = (element) => element?.matches(":is([data-typed], [data-unsaved])");
let timer = 0;
let last = 0;
let sending = null; // AbortController of the request under way

const say = (words) => {
  const place = document.querySelector("[data-draft-said]");
  if (place && place.textContent !== words) place.textContent = words;
};

function drawChecklist(html) {
  const old = document.getElementById("points");
  if (!old) return;
  const page = new DOMParser().parseFromString(html, "text/html");
  const points = page.getElementById("points");
  if (!points || points.textContent === old.textContent) return;
  const open = old.querySelector("details").open;
  const focused = old.contains(document.activeElement) && document.activeElement.getAttribute("href");
  old.replaceWith(points);
  points.querySelector("details").open = open;
  if (focused) (points.querySelector(`[href="${focused}"]`) ?? points.querySelector("summary")).focus({ preventScroll: true });
}

async function send(keepalive = false) {
  const typed = form();
  if (!isUnsaved(typed)) return;
  if (sending) return schedule();
  last = Date.now();
  const under = new AbortController();
  sending = under;
  const headers = { Accept: "application/json" };
  try {
    const body = new URLSearchParams(new FormData(typed)); // with the token of today: interface.js
    const response = await fetch(typed.dataset.draft, { method: "POST", body, headers, keepalive, redirect: "manual", signal: under.signal });
    if (response.status === 401 || response.type === "opaqueredirect") return say(SIGNED_OUT);
    const isJson = response.headers.get("Content-Type")?.includes("json");
    if (response.status === 403 && !isJson) return say(REFUSED);
    const answer = await response.json();
    if (answer.error) return say(answer.error);
    say(answer.saved ? `Brouillon enregistré à ${answer.saved}, rien n’est publié` : ELSEWHERE);
    drawChecklist(answer.checklist);
  } catch (error) {
    if (error.name !== "AbortError") say(OFFLINE);
  } finally {
    if (sending === under) sending = null;
  }
}

function schedule() {
  clearTimeout(timer);
  timer = setTimeout(send, Math.max(PAUSE, last + BETWEEN - Date.now()));
}

function stop() {
  clearTimeout(timer);
  sending?.abort();
}

for (const kind of ["input", "change"]) {
  document.addEventListener(kind, (event) => event.target.closest?.("form[data-draft]") && schedule());
}
// What is being saved is no draft any more.
document.addEventListener("submit", (event) => event.target.matches("form[data-draft]") && stop());
document.addEventListener("htmx:beforeRequest", (event) => event.target.matches("form[data-draft]") && stop());
// After a step, which takes the place of a part of the form, what is shown is still to be kept.
document.addEventListener("htmx:load", (event) => {
  event.target.closest("form[data-draft]")?.setAttribute("data-unsaved", "");
  if (isUnsaved(form())) schedule();
});
// After a save, the top of the page says what it did and has the focus; after a refusal, the list of what is to be
// corrected is in sight.
document.addEventListener("htmx:load", (event) => {
  if (!event.target.matches("main") || !form()) return;
  const refused = event.target.querySelector("[data-focus]");
  const said = event.target.querySelector("[data-messages] .messages");
  if (said && !refused) {
    said.tabIndex = -1;
    said.focus({ preventScroll: true });
  }
  const shown = refused ?? document.body;
  requestAnimationFrame(() => shown.scrollIntoView({ behavior: "instant" })); // once what is folded has its size
});
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "hidden" && timer) send(true);
});
// A link to a field opens what hides it and gives it the focus: a line of the checklist, a remark, an address of a mail.
// What is not in sight (an address taken from the establishment) is reached by its block.
function reach(hash) {
  const id = decodeURIComponent(hash.slice(1));
  const field = document.getElementById(id);
  for (let fold = field?.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
  const block = field?.closest(".fiche-block")?.id ?? /^id_([a-z]+)-/.exec(id)?.[1];
  const shown = field?.checkVisibility() ? field : document.getElementById(`t-${block}`);
  shown?.focus({ preventScroll: true });
  shown?.scrollIntoView({ block: shown === field ? "center" : "start", behavior: "instant" });
  return Boolean(shown);
}
const leadsToField = (hash) => /^#(id_|t-|horaires-)/.test(hash);
document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[href*='#']");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || link.target) return;
  const isHere = link.pathname === location.pathname && link.search === location.search;
  const isLine = link.matches("#points a, .error-summary a");
  if (isHere && (isLine || leadsToField(link.hash)) && reach(link.hash)) event.preventDefault();
});
if (leadsToField(location.hash)) addEventListener("load", () => requestAnimationFrame(() => reach(location.hash)));
