/* The editor of terms. Every button works without this script; with it the words and findings follow while one
   types, and a finding stands at its field as soon as something was typed there. */
(() => {
  "use strict";
  const form = document.getElementById("terms-form");
  if (!form) return;
  const touched = new Set();
  const within = (target) => target.closest("[id^=at-]");

  form.addEventListener("input", (event) => {
    const field = within(event.target);
    if (field) touched.add(field.id);
  });

  /* A document that is downloaded leaves the page as it is: the next press is no second order. */
  form.addEventListener("submit", (event) => {
    if (event.submitter && event.submitter.value === "download") setTimeout(() => { delete form.dataset.sending; }, 0);
  });

  const show = () => {
    for (const old of form.querySelectorAll(".live-error")) old.remove();
    for (const finding of document.querySelectorAll("#terms-words .terms-found .bad")) {
      const field = document.getElementById(finding.dataset.at);
      if (!field || !touched.has(field.id) || field.querySelector(".errors")) continue;
      const words = document.createElement("p");
      words.className = "errors live-error";
      words.textContent = finding.querySelector("span").textContent;
      field.append(words);
    }
  };
  /* Of cards of one name the browser keeps the one that is open; after a swap it is the new one. */
  const open = () => {
    const card = form.querySelector(".terms-card[data-open]");
    if (!card) return;
    card.open = true;
    delete card.dataset.open;
  };
  /* Own words beside a choice: they are asked for where the choice asks for them, and count. */
  const settle = (pair) => {
    const [choice, own] = [pair.querySelector("select"), pair.querySelector("input[type=text]")];
    own.hidden = choice.value !== "" && choice.value !== "milestone:";
    if (own.hidden) own.value = "";
  };
  const settleAll = () => { for (const pair of form.querySelectorAll(".known-or-own")) settle(pair); };
  form.addEventListener("change", (event) => {
    const pair = event.target.closest(".known-or-own");
    if (pair && event.target.matches("select")) settle(pair);
  });
  open();
  settleAll();
  document.addEventListener("htmx:afterSettle", () => { open(); settleAll(); show(); });

  /* A link to a field opens what it lies in and puts the cursor there. */
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='#at-']");
    const field = link && document.getElementById(link.getAttribute("href").slice(1));
    if (!field) return;
    for (let box = field.closest("details"); box; box = box.parentElement.closest("details")) box.open = true;
    const input = field.querySelector("input:not([type=hidden]), select, textarea");
    if (input) { event.preventDefault(); field.scrollIntoView({ block: "center" }); input.focus({ preventScroll: true }); }
  });

  /* Sent values that the page does not show yet: it is asked for once more, with all of them. */
  if (form.dataset.missing) {
    const again = document.createElement("button");
    again.name = "do";
    again.value = "show";
    again.hidden = true;
    form.append(again);
    form.requestSubmit(again);
  }
})();
