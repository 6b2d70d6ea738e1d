// Map of free places: a marker opens what stands there, the list and the markers light up together, Escape closes.
// Comes with map.js, which draws (element.map, element.markers, element.cluster). The list says the same without it.

const list = document.querySelector("[data-spots]");
const status = document.querySelector("[data-map-status]");
const lineOf = (id) => document.getElementById(`lieu-${id}`);
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
    marker.on("mouseover focus", () => hover(element, id, true));
    marker.on("mouseout blur", () => hover(element, id, false));
  });
  element.addEventListener("keydown", (event) => {
    byKeyboard = true;
    if (event.key !== "Escape" || !opened?.isPopupOpen()) return;
    const marker = opened;
    marker.closePopup();
    marker.getElement()?.focus();
  });
  element.addEventListener("pointerdown", () => (byKeyboard = false));
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-show-spot]");
    const marker = button && markers.get(button.dataset.showSpot);
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
      if (line) hover(element, line.dataset.spot, isLit);
    });
  }
}

document.addEventListener("map:drawn", (event) => follow(event.target));
document.querySelectorAll("[data-map]").forEach((element) => element.map && follow(element));
