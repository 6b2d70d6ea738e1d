// The synthesis on an open page: refreshed each minute without losing place or focus, one column at a time on a phone,
// and found again as it was left. Without this the page has the link « Actualiser » and links for the columns.

const MINUTE = 60_000;
const region = () => document.getElementById("synthese");
const scroller = () => document.querySelector(".scroller");
const keyOf = (url) => `synthese:${url.pathname}${url.search}`;

// The column of the address goes with the filters, and into each cell for the way back.
const keepColumn = () => {
  const column = new URLSearchParams(location.search).get("colonne");
  document.querySelectorAll("[data-kept-column]").forEach((field) => {
    field.value = column ?? "";
    field.disabled = !column;
  });
  document.querySelectorAll("a.cell").forEach((cell) => {
    const url = new URL(cell.href);
    if (column) url.searchParams.set("colonne", column);
    else url.searchParams.delete("colonne");
    cell.href = url.href;
  });
};

// Column of a phone: shown at once, kept in the address.
const showColumn = (column, links) => {
  document.querySelectorAll("[data-col]").forEach((cell) => cell.classList.toggle("chosen", cell.dataset.col === column));
  links.forEach((link) => {
    if (link.dataset.column === column) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  });
  keepColumn();
};
document.addEventListener("click", (event) => {
  const link = event.target.closest?.("[data-column]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  history.replaceState(history.state, "", link.href);
  showColumn(link.dataset.column, document.querySelectorAll("[data-column]"));
});

// Where one was, for the way back.
const remember = () => {
  const place = { y: scrollY, x: scroller()?.scrollLeft ?? 0, focus: document.activeElement?.id ?? "" };
  sessionStorage.setItem(keyOf(location), JSON.stringify(place));
};
const comesBack = () =>
  location.hash.startsWith("#case-") || performance.getEntriesByType("navigation")[0]?.type === "back_forward";
const restore = () => {
  const kept = sessionStorage.getItem(keyOf(location));
  const target = document.getElementById(location.hash.slice(1));
  if (kept && comesBack()) {
    const place = JSON.parse(kept);
    const focused = target ?? document.getElementById(place.focus);
    focused?.focus({ preventScroll: true });
    if (scroller()) scroller().scrollLeft = place.x;
    requestAnimationFrame(() => scrollTo(0, place.y));
  } else target?.focus();
};
addEventListener("pagehide", remember);
restore();

// Each minute, while the page is seen.
let paused = false;
let last = Date.now();
let running = false;
let isOver = false; // the session: « Actualiser » then leads to signing in, as the link that it is
const timed = () => document.querySelector("#synthese[data-refresh]") !== null;
const readTime = () => document.querySelector("[data-refreshed]")?.textContent ?? "";
let refreshed = readTime(); // « le 14/08/2024 à 12:17 »: of the last success
const say = (text) => (document.querySelector("[data-announcement]").textContent = text);
const numbers = (root) => new Map([...root.querySelectorAll("a.cell")].map((cell) => [cell.id, cell.textContent]));

const drawTools = () => {
  document.querySelectorAll("[data-each-minute]").forEach((text) => (text.hidden = paused));
  document.querySelectorAll("[data-pause]").forEach((button) => {
    button.hidden = false;
    button.setAttribute("aria-pressed", String(paused));
    button.textContent = paused ? "Reprendre" : "Suspendre";
  });
};

const focusedSelector = () => {
  const focused = document.activeElement;
  if (!region().contains(focused)) return "";
  if (focused.id) return `#${CSS.escape(focused.id)}`;
  const attribute = ["data-pause", "data-refresh-now", "data-column"].find((name) => focused.hasAttribute(name));
  if (attribute) return `[${attribute}="${focused.getAttribute(attribute)}"]`;
  return focused.classList.contains("scroller") ? ".scroller" : "";
};

const swap = (fresh) => {
  const [before, after] = [numbers(region()), numbers(fresh)];
  const selector = focusedSelector();
  const [x, y] = [scroller()?.scrollLeft ?? 0, scrollY];
  const folded = [...region().querySelectorAll("details")].map((details) => details.open);
  fresh.querySelectorAll("details").forEach((details, index) => (details.open = folded[index] ?? details.open));
  region().replaceWith(fresh);
  if (scroller()) scroller().scrollLeft = x;
  scrollTo(0, y);
  if (selector) document.querySelector(selector)?.focus({ preventScroll: true });
  drawTools();
  return [...after].filter(([id, text]) => before.get(id) !== text).length;
};

const refresh = async (asked) => {
  if (running) return;
  running = true;
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (answer.redirected || answer.status === 401) {
      isOver = true;
      if (asked) location.reload();
      throw new Error("signed out");
    }
    const page = new DOMParser().parseFromString(answer.ok ? await answer.text() : "", "text/html");
    const fresh = page.getElementById("synthese");
    if (!fresh) throw new Error("no table");
    const count = swap(document.adoptNode(fresh));
    refreshed = readTime();
    const words = count > 1 ? `${count} cases ont changé.` : "1 case a changé.";
    if (count || asked) say(`Synthèse actualisée. ${count ? words : "Aucun changement."}`);
  } catch {
    const state = document.querySelector(".synth-state > p");
    state.textContent = isOver
      ? `Votre session est terminée\u00a0: les chiffres sont ceux actualisés ${refreshed}. «\u00a0Actualiser\u00a0» mène à la connexion.`
      : `L’actualisation n’a pas abouti\u00a0: les chiffres sont ceux actualisés ${refreshed}.`;
    state.classList.add("state", "s-late");
    say(state.textContent);
  } finally {
    last = Date.now();
    running = false;
  }
};

document.addEventListener("click", (event) => {
  if (event.target.closest?.("[data-refresh-now]")) {
    if (isOver) return;
    event.preventDefault();
    refresh(true);
  } else if (event.target.closest?.("[data-pause]")) {
    paused = !paused;
    drawTools();
  }
});

const tick = () => {
  if (!paused && !isOver && !document.hidden && timed() && Date.now() - last >= MINUTE) refresh(false);
};
if (timed()) {
  drawTools();
  setInterval(tick, MINUTE / 12);
  document.addEventListener("visibilitychange", tick);
}
