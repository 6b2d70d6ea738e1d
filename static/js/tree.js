// The tree « Répertoire »: a link to a level becomes a button that opens it in place. Without this module, or when the
// level cannot be loaded, the link leads to the level's own page.

const lines = async (url) => {
  const response = await fetch(url, { headers: { "HX-Request": "true" } });
  if (!response.ok || response.redirected) throw new Error(String(response.status));
  const template = document.createElement("template");
  template.innerHTML = await response.text();
  return template.content;
};

const setOpen = (toggle, list, open) => {
  toggle.setAttribute("aria-expanded", String(open));
  list.hidden = !open;
};

async function openLevel(toggle) {
  const item = toggle.closest("li");
  const known = item.querySelector(":scope > ul");
  if (known) return setOpen(toggle, known, known.hidden);
  if (item.ariaBusy === "true") return;
  item.ariaBusy = "true";
  try {
    const list = document.createElement("ul");
    list.append(await lines(toggle.href));
    prepare(list);
    item.append(list);
    setOpen(toggle, list, true);
  } catch {
    location.assign(toggle.href);
  } finally {
    item.ariaBusy = "false";
  }
}

async function showMore(link) {
  const item = link.closest("li");
  if (item.ariaBusy === "true") return;
  item.ariaBusy = "true";
  try {
    const more = await lines(link.href);
    prepare(more);
    const first = more.querySelector("a");
    item.replaceWith(more);
    first?.focus();
  } catch {
    location.assign(link.href);
  }
}

function prepare(root) {
  root.querySelectorAll("[data-tree-toggle]").forEach((toggle) => {
    toggle.setAttribute("role", "button");
    toggle.setAttribute("aria-expanded", String("open" in toggle.dataset));
  });
  root.querySelectorAll("[data-tree-more]").forEach((link) => link.setAttribute("role", "button"));
}

const act = (event, target) => {
  event.preventDefault();
  if ("treeMore" in target.dataset) showMore(target);
  else openLevel(target);
};
const modified = (event) => event.ctrlKey || event.metaKey || event.shiftKey || event.altKey;

document.addEventListener("click", (event) => {
  const target = event.target.closest("[data-tree-toggle], [data-tree-more]");
  if (target && !modified(event) && event.button === 0) act(event, target);
});
// A link answers to Enter alone; what is announced as a button answers to the space bar too.
document.addEventListener("keydown", (event) => {
  const target = event.target.closest?.("[data-tree-toggle], [data-tree-more]");
  if (target && event.key === " " && !modified(event)) act(event, target);
});
prepare(document);
