// Small helps on the result page; all of it works without: a choice of a filter is sent at once, and the search box
// offers what can be found (WAI-ARIA combobox with a list).
(() => {
  "use strict";
  const form = document.getElementById("search-form");
  // Who narrows by keyboard goes on where the last filter was, not at the top of the page.
  const last = sessionStorage.getItem("search-focus");
  sessionStorage.removeItem("search-focus");
  if (form && last) document.getElementById(last)?.focus({ preventScroll: true });
  if (form) {
    document.addEventListener("change", (event) => {
      const target = event.target;
      if (target.form !== form || target.type === "search") return;
      if (target.id) sessionStorage.setItem("search-focus", target.id);
      form.requestSubmit();
    });
    // Empty and default fields only lengthen the address.
    form.addEventListener("submit", () => {
      for (const field of form.elements) {
        if (field.name === "sort" && field.value === "relevance") field.disabled = true;
        if (field.name === "size" && field.value === "20") field.disabled = true;
        if ((field.name === "q" || /_(min|max)$/.test(field.name)) && !field.value.trim()) field.disabled = true;
      }
    });
    // Who comes back sees the choices of this address, not the click that led away from it.
    window.addEventListener("pageshow", (event) => {
      for (const field of form.elements) field.disabled = false;
      if (event.persisted || performance.getEntriesByType("navigation")[0]?.type === "back_forward") form.reset();
    });
  }

  for (const input of document.querySelectorAll("input[data-suggest]")) {
    const list = document.createElement("ul");
    list.className = "suggest-list";
    list.id = `${input.id}-suggestions`;
    list.setAttribute("role", "listbox");
    list.hidden = true;
    input.parentElement.classList.add("suggest");
    input.parentElement.append(list);
    for (const [name, value] of Object.entries({
      role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list.id,
    })) input.setAttribute(name, value);

    let timer = 0, asked = 0, composing = false, at = -1;
    const options = () => [...list.children];
    const close = () => {
      list.hidden = true;
      at = -1;
      input.setAttribute("aria-expanded", "false");
      input.removeAttribute("aria-activedescendant");
    };
    const point = (place) => {
      at = place;
      options().forEach((option, i) => option.setAttribute("aria-selected", String(i === at)));
      if (at >= 0) {
        input.setAttribute("aria-activedescendant", options()[at].id);
        options()[at].scrollIntoView({ block: "nearest" });
      } else input.removeAttribute("aria-activedescendant");
    };
    const choose = (option) => { close(); window.location.assign(option.dataset.url); };
    const show = (found) => {
      list.replaceChildren(...found.map(({ text, url }, i) => {
        const option = document.createElement("li");
        option.id = `${list.id}-${i}`;
        option.setAttribute("role", "option");
        option.setAttribute("aria-selected", "false");
        option.textContent = text;
        option.dataset.url = url;
        return option;
      }));
      list.hidden = found.length === 0;
      at = -1;
      input.setAttribute("aria-expanded", String(found.length > 0));
    };
    const ask = async () => {
      const number = ++asked, typed = input.value.trim();
      if (!typed) return close();
      try {
        const answer = await fetch(`${input.dataset.suggest}?q=${encodeURIComponent(typed)}`);
        if (answer.ok && number === asked) show((await answer.json()).suggestions);
      } catch { close(); }
    };
    const later = () => { clearTimeout(timer); timer = setTimeout(ask, 120); };
    input.addEventListener("compositionstart", () => { composing = true; });
    input.addEventListener("compositionend", () => { composing = false; later(); });
    input.addEventListener("input", () => { if (!composing) later(); });
    input.addEventListener("blur", () => setTimeout(close, 150));
    input.addEventListener("keydown", (event) => {
      if (list.hidden) return;
      const last = options().length - 1;
      if (event.key === "ArrowDown") { event.preventDefault(); point(at >= last ? -1 : at + 1); }
      else if (event.key === "ArrowUp") { event.preventDefault(); point(at < 0 ? last : at - 1); }
      else if (event.key === "Enter" && at >= 0) { event.preventDefault(); choose(options()[at]); }
      else if (event.key === "Escape") { event.preventDefault(); close(); }
    });
    list.addEventListener("mousedown", (event) => {
      const option = event.target.closest("li");
      if (option) { event.preventDefault(); choose(option); }
    });
  }
})();
