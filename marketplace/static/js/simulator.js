/* The simulator computes while one types, and each figure of the path gets a slider. Without this script the button
   does the same. */
(() => {
  "use strict";
  const form = document.getElementById("play");
  if (!form) return;
  const number = (text) => Number(text.replace(/[,，¥￥\s]/g, ""));

  for (const field of form.querySelectorAll("input[data-slide]")) {
    const [low, high] = field.dataset.slide.split(" ").map(Number);
    const slider = document.createElement("input");
    slider.type = "range";
    slider.min = low;
    slider.max = high;
    slider.step = "any";
    slider.setAttribute("aria-label", field.labels[0]?.textContent || "");
    slider.value = number(field.value) || 0;
    const unit = 10 ** Math.max(Math.floor(Math.log10(high - low)) - 2, 0);
    slider.addEventListener("input", () => {
      field.value = (Math.round(slider.value / unit) * unit).toLocaleString("en-GB");
    });
    field.addEventListener("input", () => { slider.value = number(field.value) || 0; });
    field.after(slider);
  }

  /* Another day or measure moves other fields as well: the whole page comes anew. */
  for (const name of ["start", "by"]) {
    const field = form.elements[name];
    if (field) field.addEventListener("change", () => { if (field.value) form.requestSubmit(); });
  }
})();
