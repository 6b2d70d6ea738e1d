// Runs before the first paint: applies the remembered theme, and says that scripts run (class « js », see base.css).
(() => {
  const KEY = "ror-theme";
  const root = document.documentElement;
  root.classList.add("js");

  const read = () => {
    try {
      return localStorage.getItem(KEY) ?? "";
    } catch {
      return ""; // storage refused by the browser: the system decides
    }
  };
  const remember = (theme) => {
    try {
      if (theme) localStorage.setItem(KEY, theme);
      else localStorage.removeItem(KEY);
    } catch {
      // the choice then lasts as long as the page
    }
  };
  const apply = (theme) => {
    if (theme === "light" || theme === "dark") root.dataset.bsTheme = theme;
    else delete root.dataset.bsTheme;
  };
  apply(read());

  document.addEventListener("DOMContentLoaded", () => {
    const box = document.querySelector("[data-theme-switch]");
    if (!box) return;
    const buttons = [...box.querySelectorAll("[data-theme]")];
    const show = (theme) => buttons.forEach((b) => b.setAttribute("aria-pressed", String(b.dataset.theme === theme)));
    show(root.dataset.bsTheme ?? "");
    box.hidden = false;
    buttons.forEach((b) =>
      b.addEventListener("click", () => {
        apply(b.dataset.theme);
        remember(b.dataset.theme);
        show(b.dataset.theme);
      }),
    );
  });
})();
