// Map of free places: a marker opens what stands there, the list and the markers light up together, Escape closes.
// Comes with map.js, which draws (element.map, element.markers, element.cluster). The list says the same without it.

const list = document.querySelector("[data-spots]");
const status = document.querySelector("[data-map-status]");
// A place of a line that stands apart has the id of its line first: « 119/432 » is of the line 119.
const lineKey = (id) => id.split("/")[0];
const lineOf = (id) => document.getElementById(`lieu-${lineKey(id)}`);
const idsOf = (element, line) => [...element.markers.keys()].filter((id) => lineKey(id) === line);
let opened = null; // marker to give the focus back to
let byKeyboard = false;

const light = (element, id, isLit) => {
  lineOf(id)?.classList.toggle("lit", isLit);
  element.markers.get(id)?.getElement()?.classList.toggle("lit", isLit);
};

// Under the mouse or the focus; an opened marker stays the only one lit.
const hover = (element, id, isLit) => {
  if (!opened?.isPopupOpen()) light(element, id, isLit);
};

const signIn = (box) => {
  box.textContent = "Votre session est terminée\u00a0: ";
  const link = document.createElement("a");
  link.href = location.href;
  link.textContent = "reconnectez-vous";
  box.append(link, " pour voir le détail.");
};

// What a marker opens is the piece of page that its line shows.
async function fill(popup, id) {
  const box = document.createElement("div");
  try {
    const query = list.dataset.query ? `?${list.dataset.query}` : "";
    const response = await fetch(`${list.dataset.spots}${id}/${query}`, { headers: { Accept: "text/html" } });
    if (response.redirected || response.status === 401) signIn(box);
    else if (!response.ok) throw new Error(String(response.status));
    else box.innerHTML = await response.text();
  } catch {
    box.textContent = "Le détail n’a pas pu être chargé. La liste dit la même chose.";
  }
  popup.setContent(box);
  if (byKeyboard) box.querySelector("a")?.focus();
}

function follow(element) {
  const { map, markers } = element;
  if (!markers) return;
  markers.forEach((marker, id) => {
    marker.on("popupopen", ({ popup }) => {
      opened = marker;
      document.querySelectorAll(".lit").forEach((lit) => lit.classList.remove("lit"));
      light(element, id, true);
      if (status) status.textContent = marker.feature.properties.label;
      popup.getElement().querySelector(".leaflet-popup-close-button")?.setAttribute("aria-label", "Fermer");
      fill(popup, id);
    });
    marker.on("popupclose", () => light(element, id, false));
    marker.on("mouseover", () => hover(element, id, true));
    marker.on("mouseout", () => hover(element, id, false));
  });
  // Leaflet tells nothing of the focus of a marker.
  for (const [name, isLit] of [["focusin", true], ["focusout", false]]) {
    element.addEventListener(name, ({ target }) =>
      markers.forEach((marker, id) => marker.getElement() === target && hover(element, id, isLit)),
    );
  }
  element.addEventListener("keydown", () => (byKeyboard = true));
  // Wherever the focus is; it comes back to the marker unless it is elsewhere on the page. Before Leaflet's own.
  const close = (event) => {
    if (event.key !== "Escape" || !opened?.isPopupOpen()) return;
    const marker = opened;
    const isElsewhere = document.activeElement !== document.body && !element.contains(document.activeElement);
    marker.closePopup();
    if (!isElsewhere) marker.getElement()?.focus();
  };
  document.addEventListener("keydown", close, true);
  element.addEventListener("pointerdown", () => (byKeyboard = false));
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-show-spot]");
    const marker = button && markers.get(idsOf(element, button.dataset.showSpot)[0]);
    if (!marker) return;
    byKeyboard = event.detail === 0;
    element.closest("details").open = true;
    element.scrollIntoView({ block: "nearest" });
    map.invalidateSize();
    element.cluster.zoomToShowLayer(marker, () => marker.openPopup());
  });
  for (const [name, isLit] of [["mouseover", true], ["mouseout", false], ["focusin", true], ["focusout", false]]) {
    list.addEventListener(name, (event) => {
      const line = event.target.closest("[data-spot]");
      if (line) [line.dataset.spot, ...idsOf(element, line.dataset.spot)].forEach((id) => hover(element, id, isLit));
    });
  }
}

// Markers grow older with the figures of the page: letters, colour and shape; struck once a figure no longer counts.
function ageMarkers(element, { now, bandOf, lettersOf, tellExpired }) {
  let isChanged = false;
  element.markers?.forEach((marker) => {
    const { at, until, fresh, label, is_expired: wasExpired } = marker.feature.properties;
    if (!at) return;
    const band = bandOf(at);
    const isExpired = Boolean(until) && now > Date.parse(until);
    if (band === fresh && isExpired === Boolean(wasExpired)) return;
    const [before, after] = [lettersOf(fresh), lettersOf(band)];
    const words = `${label.replace(`saisie ${before}`, `saisie ${after}`)}${isExpired && !wasExpired ? ", périmé depuis l’affichage" : ""}`;
    marker.redraw({ fresh: band, age: after, label: words, is_expired: isExpired, ...(isExpired && { kind: "unknown", free: 0, shared: {} }) });
    isChanged = true;
    if (isExpired) tellExpired();
  });
  if (isChanged) element.cluster?.refreshClusters();
}
document.addEventListener("figures:aged", ({ detail }) => {
  document.querySelectorAll("[data-map]").forEach((element) => ageMarkers(element, detail));
});

document.addEventListener("map:drawn", (event) => follow(event.target));
document.querySelectorAll("[data-map]").forEach((element) => element.map && follow(element));
