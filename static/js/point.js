// Placing a point: [data-moves-point="idOfLatitude idOfLongitude"] holds a map of map.js. A click, a drag or the arrow
// keys write both fields, which the form sends; typing in them moves the point.

const STEP = 0.0001; // degrees, about ten metres
const STEPS = { ArrowUp: [1, 0], ArrowDown: [-1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
const L = window.L;

function follow(holder, map) {
  const fields = holder.dataset.movesPoint.split(" ").map((id) => document.getElementById(id));
  const read = () => L.latLng(fields.map((field) => Number(field.value.replace(",", "."))));
  const isTyped = () => fields.every((field) => field.value.trim());
  const { latitude, longitude } = holder.querySelector("[data-map]").dataset; // where to start from, without a point
  const icon = L.divIcon({ className: "map-handle", iconSize: [44, 44], html: "<span></span>" });
  const marker = L.marker(isTyped() ? read() : [Number(latitude), Number(longitude)], { icon, draggable: true, keyboard: true, autoPan: true }).addTo(map);
  const handle = marker.getElement();
  handle.setAttribute("aria-label", "Point de l’adresse\u00a0: les flèches le déplacent");
  const write = ({ lat, lng }) => {
    [lat, lng].forEach((value, index) => (fields[index].value = value.toFixed(6)));
    fields[0].dispatchEvent(new Event("input", { bubbles: true }));
  };
  const move = (at) => {
    marker.setLatLng(at);
    write(at);
  };
  map.on("click", (event) => move(event.latlng));
  marker.on("drag", () => write(marker.getLatLng()));
  handle.addEventListener("keydown", (event) => {
    const step = STEPS[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    const size = STEP * (event.shiftKey ? 10 : 1);
    const { lat, lng } = marker.getLatLng();
    move(L.latLng(lat + step[0] * size, lng + step[1] * size));
    map.panInside(marker.getLatLng(), { padding: [40, 40], animate: false });
  });
  fields.forEach((field) =>
    field.addEventListener("change", () => {
      const at = isTyped() && read();
      if (at && Number.isFinite(at.lat + at.lng)) marker.setLatLng(at);
    }),
  );
  holder.querySelector("[data-moves-help]").hidden = false;
}

function start(element) {
  const holder = element.closest("[data-moves-point]:not([data-followed])");
  if (!holder || !element.map) return;
  holder.dataset.followed = "";
  follow(holder, element.map);
}

document.querySelectorAll("[data-moves-point] [data-map]").forEach(start);
document.addEventListener("map:drawn", (event) => start(event.target));
