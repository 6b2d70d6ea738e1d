/* What Django's back office leaves without a name, for assistive technology. */

function nameTableHeaders(root) {
  for (const header of root.querySelectorAll("th.original:empty")) {
    const name = document.createElement("span");
    name.className = "visually-hidden";
    name.textContent = "Ligne";
    header.append(name);
  }
}

function nameComboboxes(root) {
  for (const box of root.querySelectorAll(".select2-selection[role=combobox]")) {
    const select = box.closest(".select2")?.previousElementSibling;
    const name = select?.getAttribute("aria-label") || select?.labels?.[0]?.textContent.trim();
    if (name) {
      box.removeAttribute("aria-labelledby");
      box.setAttribute("aria-label", `${name} ${select.selectedOptions?.[0]?.textContent ?? ""}`.trim());
      box.querySelector("[role=textbox]")?.setAttribute("aria-label", name);
    }
  }
}

function nameTooltips(root) {
  for (const tooltip of root.querySelectorAll("span.help-tooltip[aria-label]:not([role])")) {
    tooltip.setAttribute("role", "img");
  }
}

function nameAll(root) {
  nameTableHeaders(root);
  nameComboboxes(root);
  nameTooltips(root);
}

// The lists of choices are built after the page, and again with each row added or value chosen.
new MutationObserver(() => nameAll(document)).observe(document.body, { childList: true, subtree: true });
nameAll(document);
