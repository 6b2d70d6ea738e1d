// A comparison takes so many units ([data-compare-most] on the form): how many to untick is said as one ticks. The server
// says the same without a script.

document.addEventListener("change", (event) => {
  const form = event.target.form?.closest("[data-compare-most]");
  const said = form?.querySelector("[data-compare-said]");
  if (!said) return;
  const most = Number(form.dataset.compareMost);
  const ticked = [...form.elements].filter((field) => field.name === "uo" && field.checked).length;
  if (ticked > most) said.textContent = `${most} unités au plus\u00a0: décochez-en ${ticked - most}`;
  else said.textContent = ticked > 1 ? `${ticked} cochées, ${most} au plus` : "Cochez-en au moins 2";
});
