/* Small comforts; every page works without them. */
(() => {
  "use strict";

  const open = () => document.querySelectorAll("details.drop[open], details.confirm[open]");

  document.addEventListener("click", (event) => {
    for (const menu of open()) if (!menu.contains(event.target)) menu.open = false;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of open()) {
      const inside = menu.contains(document.activeElement);
      menu.open = false;
      if (inside) menu.querySelector("summary").focus();
    }
  });

  /* A second click on a button that is being sent is not a second order. The page may come back from the
     browser's memory, so the mark is taken off again. */
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || event.defaultPrevented) return;
    if (form.dataset.sending) { event.preventDefault(); return; }
    form.dataset.sending = "1";
    setTimeout(() => { delete form.dataset.sending; }, 8000);
  });
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sending]")) delete form.dataset.sending;
  });

  /* <button class="copy" data-copy="text" data-copied="Copied">Copy</button> */
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("button[data-copy]");
    if (!button || !navigator.clipboard) return;
    await navigator.clipboard.writeText(button.dataset.copy);
    const words = button.textContent;
    button.textContent = button.dataset.copied || words;
    setTimeout(() => { button.textContent = words; }, 2000);
  });

  /* <a href="mailto:…" data-share="address" data-title="…" data-copied="Copied">: the device's own way of passing
     something on; where it has none the address is copied. */
  document.addEventListener("click", async (event) => {
    const link = event.target.closest("a[data-share]");
    if (!link || !(navigator.share || navigator.clipboard)) return;
    event.preventDefault();
    const { share: url, title, copied } = link.dataset;
    if (navigator.share) { navigator.share({ title, url }).catch(() => {}); return; }
    await navigator.clipboard.writeText(url);
    const said = link.querySelector("span"), word = said.textContent;
    if (word === copied) return;
    said.textContent = copied;
    setTimeout(() => { said.textContent = word; }, 2000);
  });

  /* Filters apply when something is chosen; the button stays for those who type. */
  for (const form of document.querySelectorAll("form[data-auto-submit]"))
    form.addEventListener("change", (event) => { if (event.target.matches("select, [type=checkbox], [type=radio]")) form.requestSubmit(); });

  /* On a phone a table that would scroll sideways becomes a list: a block for each row, in it each cell behind its
     column's name. The roles tell a screen reader that it is a table still. */
  const phone = window.matchMedia("(width < 40rem)");
  const shownText = (head) => {  /* without what is said to screen readers alone, such as the order */
    const copy = head.cloneNode(true);
    for (const unseen of copy.querySelectorAll(".visually-hidden")) unseen.remove();
    return copy.textContent.trim() || head.textContent.trim();
  };
  const name = (table) => {
    const heads = [];
    for (const head of table.querySelectorAll("thead tr:last-child > *"))
      for (let column = 0; column < head.colSpan; column += 1) heads.push(head.dataset.label || shownText(head));
    table.setAttribute("role", "table");
    for (const part of table.querySelectorAll("thead, tbody, tfoot")) part.setAttribute("role", "rowgroup");
    for (const row of table.rows) {
      row.setAttribute("role", "row");
      let column = 0;
      for (const cell of row.cells) {
        const head = cell.closest("thead");
        cell.setAttribute("role", head ? "columnheader" : cell.tagName === "TH" ? "rowheader" : "cell");
        if (!head && cell.colSpan === 1 && cell.tagName === "TD") cell.dataset.label = heads[column] || "";
        if (!cell.childElementCount && ["", "–"].includes(cell.textContent.trim())) cell.dataset.empty = "";
        column += cell.colSpan;
      }
    }
    table.dataset.named = "";
  };
  const stack = () => {
    for (const table of document.querySelectorAll(".table-wrap > table.table")) {
      table.classList.remove("stacked");
      if (!phone.matches || !table.tHead || table.querySelector("[rowspan]")) continue;
      if (table.scrollWidth <= table.parentElement.clientWidth + 1) continue;
      if (!("named" in table.dataset)) name(table);
      table.classList.add("stacked");
    }
  };
  stack();
  phone.addEventListener("change", stack);
  /* Those in a closed part of the page have no width until it is opened. */
  document.addEventListener("toggle", (event) => { if (event.target.querySelector?.(".table")) stack(); }, true);

  /* A folded form that came back with something wrong in it. */
  for (const folded of document.querySelectorAll("details:not([open]):has(.error-summary)")) folded.open = true;
  const summary = document.querySelector(".error-summary");
  if (summary) summary.focus();
})();
