/* The offer form shows only what the chosen form of payment needs, and its plain words while one types.
   Without this script every field is visible and the preview comes with the button. */
(() => {
  "use strict";
  const form = document.getElementById("offer-form");
  if (!form) return;
  const payment = form.elements.payment_form;
  const preview = document.getElementById("offer-preview");

  const fold = () => {
    for (const part of form.querySelectorAll("[data-forms]"))
      part.hidden = part.dataset.forms !== "" && !part.dataset.forms.split(" ").includes(payment.value);
  };

  let timer = 0;
  let running = null;
  const show = async () => {
    if (running) running.abort();
    running = new AbortController();
    const body = new FormData(form);
    body.delete("send");
    try {
      const answer = await fetch(form.dataset.preview, { method: "POST", body, signal: running.signal });
      if (answer.ok && !answer.redirected) preview.innerHTML = await answer.text();
    } catch (problem) {
      if (problem.name !== "AbortError") preview.textContent = "";
    }
  };

  form.addEventListener("input", (event) => {
    if (event.target === payment) fold();
    clearTimeout(timer);
    timer = setTimeout(show, 600);
  });
  fold();
})();
