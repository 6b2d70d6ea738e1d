// « Copier le lien » ([data-copy-link]) and « Copier le texte » ([data-copy="id"]): said in [data-copy-status] nearby.

const say = (button, text) => {
  const status = button.closest("div, section").querySelector("[data-copy-status]") ?? document.querySelector("[data-copy-status]");
  if (status) status.textContent = text;
};

// Without the clipboard (a page in clear HTTP), the text is selected for Ctrl + C.
const copied = async (text, field) => {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    field.focus();
    field.select();
    return document.execCommand("copy");
  }
};

const helper = (text) => {
  const field = document.createElement("textarea");
  field.value = text;
  field.className = "visually-hidden";
  field.setAttribute("aria-hidden", "true");
  document.body.append(field);
  return field;
};

document.addEventListener("click", async (event) => {
  const button = event.target.closest?.("[data-copy-link], [data-copy]");
  if (!button) return;
  const field = button.dataset.copy && document.getElementById(button.dataset.copy);
  if (field) {
    const done = await copied(field.value, field);
    say(button, done ? "Texte copié." : "Le texte est sélectionné : faites Ctrl + C.");
    return;
  }
  const spare = helper(location.href);
  const done = await copied(location.href, spare);
  spare.remove();
  button.focus();
  say(button, done ? "Lien copié : il redonne cette recherche à qui a un compte." : "Copiez l’adresse en haut du navigateur.");
});
