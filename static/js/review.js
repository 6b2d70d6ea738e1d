// Review of a fiche: what a territory gains and loses drawn over its map; keys of a field that has the focus.

const L = window.L;

const layer = async (map, url, className) => {
  if (!url) return;
  const response = await fetch(url, { headers: { Accept: "application/json" } });
  if (!response.ok) return;
  L.geoJSON(await response.json(), { style: { className, interactive: false } }).addTo(map);
};

const compare = (element) => {
  const box = element.closest("[data-territory]");
  if (!box || box.dataset.compared) return;
  box.dataset.compared = "";
  layer(element.map, box.dataset.added, "map-added");
  layer(element.map, box.dataset.removed, "map-removed");
};
document.addEventListener("map:drawn", (event) => compare(event.target));
document.querySelectorAll("[data-territory] [data-map]").forEach((element) => element.map && compare(element));

const list = document.querySelector("[data-review]");
const rows = [...(list?.querySelectorAll(".review-row") ?? [])];
document.querySelectorAll("[data-needs-script]").forEach((element) => (element.hidden = false));

// Only while the focus is in the list, and never while something is typed.
list?.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea")) return;
  const row = event.target.closest(".review-row");
  if (!row) return;
  const step = { j: 1, k: -1 }[event.key];
  const button = row.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (!step && !button) return;
  event.preventDefault();
  if (step) rows[rows.indexOf(row) + step]?.focus();
  else button.click();
});

// A page that comes back to a field gives it the focus.
const wanted = location.hash.startsWith("#champ-") && document.getElementById(decodeURIComponent(location.hash.slice(1)));
if (wanted && !document.querySelector("[data-focus], [role=alert]")) wanted.focus();
