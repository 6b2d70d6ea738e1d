// Map of results: once somebody has moved it, « Rechercher dans cette zone » leads to the results of what it shows.
// Comes with map.js, which draws (element.map), and availability_map.js, which opens the markers.

const offer = document.querySelector("[data-zone]");
const DIGITS = 4;
const LONGEST = 180; // degrees

// South, west, north, east, as the address writes them.
const edges = (bounds) =>
  [bounds.getSouth(), Math.max(bounds.getWest(), -LONGEST), bounds.getNorth(), Math.min(bounds.getEast(), LONGEST)]
    .map((degrees) => degrees.toFixed(DIGITS))
    .join(",");

function follow(element) {
  let touched = false; // the first views are not somebody's
  for (const name of ["pointerdown", "keydown", "wheel"]) {
    element.addEventListener(name, () => (touched = true), { passive: true });
  }
  element.map.on("moveend", () => {
    if (!touched) return;
    const link = offer.querySelector("a");
    const address = new URL(link.href);
    address.searchParams.set("zone", edges(element.map.getBounds()));
    if (address.searchParams.get("vue") === "carte") address.hash = "affichage"; // on a phone, the map is far below
    link.href = address;
    offer.hidden = false;
  });
}

if (offer) {
  document.addEventListener("map:drawn", (event) => follow(event.target));
  document.querySelectorAll("[data-map]").forEach((element) => element.map && follow(element));
}
