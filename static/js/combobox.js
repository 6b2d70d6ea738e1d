// Suggestions under « Où ? » and « Que recherchez-vous ? »: an ARIA combobox with a list. The focus stays in the field;
// without this module, or when suggestions cannot be read, the form searches for what is typed.

const PAUSE = 150; // milliseconds without a key before asking
const SHORTEST = 2; // letters or digits
const THIN = "\u202f";
const WIDE = "\u00a0";

const letters = (text) => text.replace(/[^\p{L}\p{N}]/gu, "").length;
const counted = (n) => (n > 1 ? `${n} suggestions` : "1 suggestion");
const element = (name, properties, attributes = {}) => {
  const made = Object.assign(document.createElement(name), properties);
  Object.entries(attributes).forEach(([key, value]) => made.setAttribute(key, value));
  return made;
};

class Combobox {
  constructor(input) {
    this.input = input;
    this.form = input.form;
    this.field = input.dataset.combobox;
    this.asked = "";
    this.build();
    if (this.field === "quoi" && this.form.dataset.within) this.setWithin(this.form.dataset.within);
    input.addEventListener("input", () => this.typed());
    input.addEventListener("keydown", (event) => this.pressed(event));
    input.parentElement.addEventListener("focusout", (event) => {
      if (!input.parentElement.contains(event.relatedTarget)) this.close();
    });
    this.list.addEventListener("mousedown", (event) => event.preventDefault()); // keeps the focus in the field
    this.list.addEventListener("click", (event) => {
      const option = event.target.closest('[role="option"]');
      if (option) this.choose(option);
    });
    addEventListener("pageshow", () => this.close());
  }

  build() {
    const label = this.input.dataset.list;
    this.list = element("div", { id: `${this.input.id}-liste` }, { role: "listbox", "aria-label": label });
    this.note = element("p", { className: "combo-note", hidden: true });
    this.panel = element("div", { className: "combo-list", hidden: true });
    this.status = element("p", { className: "visually-hidden" }, { role: "status" });
    this.panel.append(this.list, this.note);
    this.input.parentElement.append(this.panel, this.status);
    const roles = { role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-haspopup": "listbox" };
    Object.entries(roles).forEach(([name, value]) => this.input.setAttribute(name, value));
    this.input.setAttribute("aria-controls", this.list.id);
  }

  get options() {
    return [...this.list.querySelectorAll('[role="option"]')];
  }

  get active() {
    return this.list.querySelector('[aria-selected="true"]');
  }

  get isOpen() {
    return !this.panel.hidden && !this.list.hidden;
  }

  typed() {
    this.setWithin("");
    clearTimeout(this.timer);
    this.request?.abort();
    if (letters(this.input.value) < SHORTEST) return this.close();
    this.timer = setTimeout(() => this.ask(), PAUSE);
  }

  async ask() {
    const text = this.input.value;
    this.request?.abort();
    this.request = new AbortController();
    const query = new URLSearchParams({ champ: this.field, q: text });
    try {
      const answer = await fetch(`${this.form.dataset.suggestions}?${query}`, {
        headers: { Accept: "text/html" },
        redirect: "manual",
        signal: this.request.signal,
      });
      if (answer.type === "opaqueredirect") return this.sayLost();
      if (!answer.ok) throw new Error(String(answer.status));
      this.show(await answer.text(), text);
    } catch (error) {
      if (error.name !== "AbortError") this.close();
    }
  }

  show(lines, text) {
    if (document.activeElement !== this.input || this.input.value !== text) return;
    this.asked = text;
    this.list.innerHTML = lines;
    const found = this.options.filter((option) => !("search" in option.dataset)).length;
    this.note.replaceChildren();
    this.note.hidden = found > 0;
    if (!found) this.note.textContent = this.input.dataset.none;
    this.open(this.options.length > 0);
    this.status.textContent = found ? `${counted(found)}${WIDE}: flèches haut et bas pour choisir.` : this.note.textContent;
  }

  sayLost() {
    const text = `Votre connexion a expiré${WIDE}: ce que vous avez tapé est gardé. `;
    const place = document.querySelector("[data-messages]");
    const link = element("a", { href: place.dataset.signIn, target: "_blank", rel: "noopener" });
    link.textContent = "Se reconnecter (nouvel onglet)";
    this.list.replaceChildren();
    this.note.replaceChildren(text, link);
    this.note.hidden = false;
    this.open(false);
    this.status.textContent = `${text.trim()} Reconnectez-vous dans un autre onglet${THIN}!`;
  }

  open(hasOptions) {
    this.panel.hidden = false;
    this.list.hidden = !hasOptions;
    this.input.setAttribute("aria-expanded", String(hasOptions));
    this.activate(null);
  }

  close() {
    clearTimeout(this.timer);
    this.request?.abort();
    this.panel.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.activate(null);
  }

  activate(option) {
    this.options.forEach((one) => one.setAttribute("aria-selected", String(one === option)));
    if (option) {
      this.input.setAttribute("aria-activedescendant", option.id);
      option.scrollIntoView({ block: "nearest" });
    } else {
      this.input.removeAttribute("aria-activedescendant");
    }
  }

  // From the field to the first or the last line, then around; past either end is the field again.
  move(step) {
    const lines = [null, ...this.options];
    const from = lines.indexOf(this.active);
    this.activate(lines[(from + step + lines.length) % lines.length]);
  }

  pressed(event) {
    if (event.isComposing || event.ctrlKey || event.metaKey) return;
    const act = this.keys(event)[event.key];
    if (act && act() !== false) event.preventDefault();
  }

  // What each key does; false leaves the key to the field.
  keys(event) {
    const options = this.options;
    const arrow = (step) => () => {
      if (event.altKey && step < 0) return this.close();
      if (this.isOpen) return this.move(step);
      return letters(this.input.value) < SHORTEST ? false : this.reopen();
    };
    const end = (option) => () => (this.isOpen && this.active ? this.activate(option) : false);
    return {
      ArrowDown: arrow(1),
      ArrowUp: arrow(-1),
      Home: end(options[0]),
      End: end(options.at(-1)),
      Enter: () => {
        if (this.isOpen && this.active) return this.choose(this.active);
        this.close();
        return false;
      },
      Escape: () => (this.panel.hidden ? false : this.close()),
    };
  }

  reopen() {
    if (this.asked === this.input.value && this.list.hasChildNodes()) this.open(this.options.length > 0);
    else this.ask();
  }

  choose(option) {
    this.input.value = option.dataset.value;
    this.setWithin(option.dataset.within);
    this.close();
    this.input.focus();
    if ("search" in option.dataset) this.form.requestSubmit();
    else this.status.textContent = `${option.dataset.value}${WIDE}: choisi.`;
  }

  // « Rechercher dans » belongs to « Que recherchez-vous ? »: typing something else forgets it.
  setWithin(value) {
    if (this.field !== "quoi") return;
    const hidden = this.form.elements.namedItem("dans");
    if (!value) hidden?.remove();
    else if (hidden) hidden.value = value;
    else this.form.append(element("input", { type: "hidden", name: "dans", value }));
  }
}

document.querySelectorAll("input[data-combobox]").forEach((input) => new Combobox(input));
