// Hours of a unit: adding a range and copying a day without waiting for the server, which does both by itself when no
// script runs. Names of fields: p<template>-j<day>-<line>-de | -a, p<template>-j<day>-24h | -ferme.

const lineName = /^(.*p\d+-j)(\d)-(\d+)(-(?:de|a))$/;
const mostLines = 12;

const tell = (element) => element.dispatchEvent(new Event("input", { bubbles: true }));

function renumber(line, day, number) {
  const rename = (text) => text.replace(lineName, (_, start, _day, _number, end) => `${start}${day}-${number}${end}`);
  line.querySelectorAll("input").forEach((input) => {
    input.name = rename(input.name);
    input.id = rename(input.id);
    input.classList.remove("is-invalid");
    input.removeAttribute("aria-invalid");
    input.removeAttribute("aria-describedby");
  });
  line.querySelectorAll("label").forEach((label) => {
    label.htmlFor = rename(label.htmlFor);
    label.querySelector("span").textContent = ` (plage ${number + 1})`;
  });
  line.querySelectorAll(".invalid-feedback").forEach((error) => error.remove());
}

const rangesOf = (day) => [...day.querySelectorAll("[data-hours-range]")];
const boxesOf = (day) => day.querySelectorAll(".hours-boxes input");

function copyOf(line, day, number) {
  const copy = line.cloneNode(true);
  renumber(copy, day.dataset.hoursDay, number);
  return copy;
}

function addRange(day) {
  const lines = rangesOf(day);
  if (lines.length >= mostLines) return;
  const added = copyOf(lines.at(-1), day, lines.length);
  added.querySelectorAll("input").forEach((input) => (input.value = ""));
  lines.at(-1).after(added);
  sayOvernight(added);
  added.querySelector("input").focus();
}

function copyDay(source, target) {
  const copies = rangesOf(source).map((line, number) => {
    const copy = copyOf(line, target, number);
    const typed = line.querySelectorAll("input");
    copy.querySelectorAll("input").forEach((input, each) => (input.value = typed[each].value));
    return copy;
  });
  target.querySelector(".hours-lines").replaceChildren(...copies);
  const ticked = [...boxesOf(source)].map((box) => box.checked);
  boxesOf(target).forEach((box, each) => (box.checked = ticked[each]));
  foldDay(target);
}

// Minutes of a time as the server reads it; NaN when it is none.
function minutes(text) {
  const found = /^\s*(\d{1,2})(?:\s*[:hH.]\s*(\d{2})?|(\d{2}))?\s*$/.exec(text);
  if (!found) return NaN;
  const [hours, rest] = [Number(found[1]), Number(found[2] ?? found[3] ?? 0)];
  return hours < 24 && rest < 60 ? hours * 60 + rest : hours === 24 && rest === 0 ? 0 : NaN;
}

function sayOvernight(line) {
  const [opens, closes] = [...line.querySelectorAll("input")].map((input) => minutes(input.value));
  line.querySelector("[data-overnight]").hidden = !(closes <= opens && closes !== 0);
}

// A ticked box stands for the whole day: the ranges are put away with what they hold, and are not sent.
function foldDay(day) {
  const folded = [...boxesOf(day)].some((box) => box.checked);
  day.toggleAttribute("data-whole", folded);
  rangesOf(day).forEach((line) => line.querySelectorAll("input").forEach((input) => (input.disabled = folded)));
}

const say = (place, text) => {
  const line = place.querySelector("[data-hours-said]") ?? document.createElement("p");
  Object.assign(line, { className: "meta mb-0", textContent: text });
  line.dataset.hoursSaid = "";
  line.setAttribute("role", "status");
  if (!line.isConnected) place.append(line);
};

function copyChecked(place) {
  const week = place.closest("[data-hours-week]");
  const dayOf = (number) => week.querySelector(`[data-hours-day="${number}"]`);
  const select = place.querySelector("select");
  const boxes = [...place.querySelectorAll("input:checked")].filter((box) => box.value !== select.value);
  boxes.forEach((box) => copyDay(dayOf(select.value), dayOf(box.value)));
  place.querySelectorAll("input:checked").forEach((box) => (box.checked = false));
  const name = select.selectedOptions[0].textContent;
  const names = boxes.map((box) => box.labels[0].textContent);
  say(place, boxes.length ? `Horaires du ${name} copiés\u00a0: ${names.join(", ")}.` : "Cochez les jours qui reçoivent la copie.");
  if (boxes.length) tell(select);
}

// Before htmx, which would send the form.
document.addEventListener(
  "click",
  (event) => {
    const button = event.target.closest?.("[data-hours-add], [data-hours-copy] button");
    if (!button) return;
    event.preventDefault();
    event.stopPropagation();
    if ("hoursAdd" in button.dataset) addRange(button.closest("[data-hours-day]"));
    else copyChecked(button.closest("[data-hours-copy]"));
  },
  true,
);
document.addEventListener("input", (event) => {
  const line = event.target.closest?.("[data-hours-range]");
  if (line) sayOvernight(line);
});
document.addEventListener("change", (event) => {
  const day = event.target.closest?.(".hours-boxes") && event.target.closest("[data-hours-day]");
  if (day) foldDay(day);
});
const prepare = (root) => root.querySelectorAll("[data-hours-day]").forEach(foldDay);
prepare(document);
document.addEventListener("htmx:load", (event) => prepare(event.target));
