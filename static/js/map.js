// Maps on Leaflet (global L, loaded before this module). Each [data-map] says what to draw (see components/map.html):
// outlines, area and points are addresses of GeoJSON; one place may be given by latitude, longitude and name.
// Colours come from map.css, so the theme needs nothing here.

const L = window.L;
const CREDIT = "IGN ADMIN EXPRESS – Licence Ouverte 2.0";
const SHAPES = { old: "frais-vieux", never: "frais-jamais" };
const PIN_WIDTH = 52; // pixels
const LETTERED_WIDTH = 88; // with the age in letters
const ZOOM_BUTTONS = 54; // pixels from the left side: no pin is fitted under them
// Pins that would overlap become one cluster, so that each can be touched. Clusters are made for whole zoom levels
// while the map stops at quarters: at the worst half a level further out, where 90 px are 63.
const CLUSTER_RADIUS = 90;
const PLACE_BOX = 5000; // metres: the side of what is shown around one place
const TILE_ZOOM = 19;
const SMALL_MAP = 480; // pixels wide
const POPUP = { width: 320, margins: 64, above: 56, under: 52 }; // pixels: around its text, above it, its tip and pin
const NAME = { permanent: true, className: "map-name" };
// Where the name of the place may stand around its dot, the first free one: beside it, then beyond a cluster on it.
const NAME_SPOTS = [
  { direction: "top", offset: [0, -4] },
  { direction: "bottom", offset: [0, 4] },
  { direction: "right", offset: [4, 0] },
  { direction: "left", offset: [-4, 0] },
  { direction: "top", offset: [0, -26] },
  { direction: "bottom", offset: [0, 26] },
  { direction: "right", offset: [34, 0] },
  { direction: "left", offset: [-34, 0] },
];
const FRANCE = [46.6, 2.4];

const load = async (url) => {
  const response = await fetch(url, { headers: { Accept: "application/json" } });
  if (!response.ok) throw new Error(`${url}: ${response.status}`);
  return response.json();
};

const escaped = (text) => {
  const span = document.createElement("span");
  span.textContent = text;
  return span.innerHTML;
};

function base(element) {
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const map = L.map(element, {
    zoomControl: false,
    minZoom: 7,
    maxZoom: element.dataset.tiles ? TILE_ZOOM : 16,
    zoomSnap: 0.25,
    scrollWheelZoom: false,
    zoomAnimation: !still,
    fadeAnimation: !still,
    markerZoomAnimation: !still,
  });
  // A popup that comes into view moves the map: at once for whoever asked that nothing glides.
  if (still) map.panBy = (offset, options) => L.Map.prototype.panBy.call(map, offset, { ...options, animate: false });
  map.setView(FRANCE, 7); // vector layers need a view; draw() then fits what there is to see
  map.attributionControl.setPrefix("");
  L.control.zoom({ zoomInTitle: "Zoomer", zoomOutTitle: "Dézoomer" }).addTo(map);
  if (element.dataset.tiles) {
    // The servers of OpenStreetMap refuse whoever does not say where the request comes from: our origin, no more.
    const options = { maxZoom: TILE_ZOOM, referrerPolicy: "strict-origin-when-cross-origin" };
    L.tileLayer(element.dataset.tiles, { ...options, attribution: element.dataset.tilesCredit }).addTo(map);
    element.classList.add("map-tiled");
  }
  map.on("popupopen", ({ popup }) => fitPopup(element, map, popup));
  map.on("popupclose", () => element.classList.remove("map-covered"));
  return map;
}

// A popup stays inside its map, above its pin; on a small map the zoom buttons leave it the place.
function fitPopup(element, map, popup) {
  const { x, y } = map.getSize();
  const width = Math.min(POPUP.width, x - POPUP.margins);
  Object.assign(popup.options, {
    minWidth: Math.min(260, width),
    maxWidth: width,
    maxHeight: Math.max(96, Math.min(320, y - POPUP.above - POPUP.under)),
    autoPanPaddingTopLeft: [8, 8],
    autoPanPaddingBottomRight: [8, POPUP.under],
  });
  element.classList.toggle("map-covered", x < SMALL_MAP);
  popup.update();
}

function drawOutlines(map, geojson, overTiles) {
  map.attributionControl.addAttribution(CREDIT);
  map.createPane("names").style.zIndex = 450; // under the pins
  const label = (feature, layer) => {
    const text = feature.properties.code ?? feature.properties.nom;
    if (text) layer.bindTooltip(escaped(text), { ...NAME, pane: "names", direction: "center" });
  };
  const style = { interactive: false, className: overTiles ? "map-land map-over" : "map-land" };
  return L.geoJSON(geojson, { style, onEachFeature: label }).addTo(map);
}

// A point: properties id, name, places (short text), age (its letters, may be empty), fresh (key of the badge: colour
// and shape), label (its name in words), kind (« known », « unknown », « closed », « none » for what has no places), free
// (places, added up on a cluster), shared (of free,
// those that other points may hold too, by pool), url (the record); is_expired (the places are struck).
function iconOf({ name, places, age, fresh, label, is_expired: isExpired }, sprite) {
  const shape = SHAPES[fresh] ?? `frais-${fresh}`;
  const picture = `<svg class="i" aria-hidden="true"><use href="${sprite}#${escaped(shape)}"/></svg>`;
  const words = escaped(label ?? `${name}, places\u00a0: ${places}`);
  const letters = age ? `<small>${escaped(age)}</small>` : "";
  const figure = isExpired ? `<s>${escaped(places)}</s>` : escaped(places);
  return L.divIcon({
    className: `pin f-${fresh}`,
    iconSize: [age ? LETTERED_WIDTH : PIN_WIDTH, 44],
    html: `<span class="visually-hidden">${words}</span><span class="face" aria-hidden="true">${picture}<b>${figure}</b>${letters}</span>`,
  });
}

// A pin may change on an open page: marker.redraw(properties that change).
function pin(feature, latlng, sprite) {
  const { name, places, url } = feature.properties;
  const marker = L.marker(latlng, { icon: iconOf(feature.properties, sprite), riseOnHover: true });
  marker.redraw = (changes) => marker.setIcon(iconOf(Object.assign(feature.properties, changes), sprite));
  const link = url ? `<br><a href="${encodeURI(url)}">Ouvrir la fiche</a>` : "";
  return marker.bindPopup(`<b>${escaped(name)}</b><br>Places\u00a0: ${escaped(places)}${link}`);
}

// Places of a cluster; those that several points share (one pool, several addresses) are added once.
const added = (group) => {
  const pools = new Map();
  const own = group.getAllChildMarkers().reduce((sum, marker) => {
    const { free = 0, shared = {} } = marker.feature.properties;
    Object.entries(shared).forEach(([pool, count]) => pools.set(pool, count));
    return sum + free - Object.values(shared).reduce((total, count) => total + count, 0);
  }, 0);
  return [...pools.values()].reduce((sum, count) => sum + count, own);
};

// What a cluster says: short text, then words. Unknown is never a zero; closed places are neither known nor unknown.
const summary = (group) => {
  const kinds = group.getAllChildMarkers().map(({ feature }) => feature.properties.kind);
  const [known, unknown, closed] = ["known", "unknown", "closed"].map((kind) => kinds.filter((each) => each === kind).length);
  if (known) {
    const free = added(group);
    const partly = unknown ? `, ${known} ${known > 1 ? "lieux connus" : "lieu connu"} sur ${known + unknown}` : "";
    return [`${free} pl.`, `${free} ${free > 1 ? "places libres" : "place libre"}${partly}`];
  }
  if (unknown) return ["?", "places non connues"];
  return closed ? ["–", "indisponibles ou saisie non activée"] : ["", "professionnels"];
};

function cluster() {
  return L.markerClusterGroup({
    maxClusterRadius: CLUSTER_RADIUS,
    showCoverageOnHover: false,
    animate: false,
    iconCreateFunction: (group) => {
      const places = group.getChildCount();
      const [short, told] = summary(group);
      const words = `${places} lieux, ${told}, agrandir`;
      return L.divIcon({
        className: "map-cluster",
        iconSize: [56, 44],
        html: `<span><span class="visually-hidden">${words}</span><b aria-hidden="true">${places} lieux</b><small aria-hidden="true">${short}</small></span>`,
      });
    },
  });
}

// A cluster opened by keyboard gives the focus to what comes out of it.
function focusInside({ cluster: all, map }, { layer, originalEvent }) {
  if (originalEvent.key !== "Enter") return;
  const [first] = layer.getAllChildMarkers();
  const settle = () => {
    const visible = all.getVisibleParent(first);
    if (visible && visible !== layer) visible.getElement()?.focus();
  };
  map.on("moveend", settle);
  setTimeout(settle);
  setTimeout(() => map.off("moveend", settle), 1000);
}

function drawPoints(element, map, geojson) {
  element.markers = new Map();
  const pins = L.geoJSON(geojson, {
    pointToLayer: (feature, latlng) => {
      const marker = pin(feature, latlng, element.dataset.sprite);
      element.markers.set(String(feature.properties.id), marker);
      return marker;
    },
  });
  element.cluster = cluster().addLayer(pins).addTo(map);
  element.cluster.on("clusterkeypress", (event) => focusInside(element, event));
  return element.cluster;
}

function drawPlace(map, { latitude, longitude, place }) {
  const at = [Number(latitude), Number(longitude)];
  const dot = L.circleMarker(at, { radius: 8, className: "map-origin", interactive: false }).addTo(map);
  if (place) dot.bindTooltip(escaped(place), { ...NAME, ...NAME_SPOTS[0] });
  return { at, name: dot.getTooltip() };
}

const overlap = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
const inside = (a, b) => a.left >= b.left && a.right <= b.right && a.top >= b.top && a.bottom <= b.bottom;

// The name of the place stands where it covers no pin nor cluster; nowhere when all its spots are taken.
function keepClear(element, name) {
  const words = name.getElement();
  if (!words || !element.offsetWidth) return;
  const pins = [...element.querySelectorAll(".leaflet-marker-pane > *")].map((each) => each.getBoundingClientRect());
  const frame = element.getBoundingClientRect();
  words.hidden = !NAME_SPOTS.some((spot) => {
    words.hidden = false;
    Object.assign(name.options, spot);
    name.update();
    const box = words.getBoundingClientRect();
    return inside(box, frame) && !pins.some((each) => overlap(box, each));
  });
}

// What the eye needs to see, then how far it may zoom in: pins, else the territory, else the place, else the outlines.
async function draw(element) {
  const { outlines, area, points, latitude, tiles } = element.dataset;
  const [land, territory, places] = await Promise.all([outlines, area, points].map((url) => url && load(url)));
  const map = base(element);
  let view = null;
  if (land) view = drawOutlines(map, land, Boolean(tiles)).getBounds();
  if (territory) {
    view = L.geoJSON(territory, { style: { className: "map-area", interactive: false } }).addTo(map).getBounds();
  }
  let name = null;
  if (latitude) {
    const place = drawPlace(map, element.dataset);
    const { at } = place;
    name = place.name;
    view = territory || places?.features.length ? view.extend(at) : L.latLng(at).toBounds(PLACE_BOX);
  }
  if (places?.features.length) {
    const bounds = drawPoints(element, map, places).getBounds();
    view = latitude ? bounds.extend([Number(latitude), Number(element.dataset.longitude)]) : bounds;
  }
  const margins = element.markers
    ? { paddingTopLeft: [ZOOM_BUTTONS + LETTERED_WIDTH / 2, 52], paddingBottomRight: [LETTERED_WIDTH / 2, 26] }
    : { padding: [26, 26] };
  const fit = () => map.invalidateSize().fitBounds(view, { ...margins, maxZoom: 14, animate: false });
  if (name) map.on("moveend", () => keepClear(element, name)); // after the clusters, which follow the same event
  fit();
  if (name) keepClear(element, name);
  element.map = map; // for modules that add to a map once it is drawn (point.js)
  element.dispatchEvent(new CustomEvent("map:drawn", { bubbles: true }));
  // Drawn while hidden (the list is shown first on narrow screens): fit again when it first has a size.
  if (!element.offsetWidth) {
    new ResizeObserver((_, observer) => {
      if (!element.offsetWidth) return;
      observer.disconnect();
      fit();
    }).observe(element);
  }
}

function start(root) {
  root.querySelectorAll("[data-map]:not([data-drawn])").forEach((element) => {
    element.dataset.drawn = "";
    draw(element).catch(() => {
      element.classList.add("map-failed");
      element.textContent = "La carte n’a pas pu être chargée. Le texte à côté dit la même chose.";
    });
  });
}

start(document);
document.addEventListener("htmx:load", (event) => start(event.target));
