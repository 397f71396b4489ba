/* A sign-in that expired in mid-form loses nothing: what was sent is remembered in this tab until the next
   ordinary page. If a sign-in page or "open too long" comes instead, it is put back when the form is shown again. */
(() => {
  "use strict";

  const KEY = "draft";
  const TYPED = "input:not([type=password], [type=hidden], [type=file], [type=submit]), select, textarea";
  /* A form that grows with what is typed says by hidden fields what it holds: they are remembered too. */
  const GROWN = "#terms-form input[type=hidden]:not([name=csrfmiddlewaretoken], [name=seen], [name=previewed])";
  const forms = () => [...document.querySelectorAll("main form[method=post]")];
  const read = () => { try { return JSON.parse(sessionStorage.getItem(KEY)); } catch { return null; } };
  const write = (draft) => { try { sessionStorage.setItem(KEY, JSON.stringify(draft)); } catch { /* storage is off: no draft */ } };
  const forget = () => { try { sessionStorage.removeItem(KEY); } catch { /* nothing was kept */ } };
  const interrupted = document.body.matches(".entrance, .interrupted");

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (interrupted || event.defaultPrevented || form.method !== "post" || !forms().includes(form)) return;
    const values = [...form.querySelectorAll(`${TYPED}, ${GROWN}`)].map((field) => [
      field.name,
      field.value,
      "checked" in field && ["checkbox", "radio"].includes(field.type) ? field.checked : null,
    ]);
    if (!values.some(([, value, checked]) => checked === null ? value : checked)) return forget();
    write({ path: location.pathname + location.search, form: forms().indexOf(form), values });
  });

  const draft = read();
  if (!draft) return;

  if (interrupted) {
    write({ ...draft, interrupted: true });
    const link = document.getElementById("draft-link");
    if (link) { link.href = draft.path; link.hidden = false; }
    return;
  }
  const here = draft.path === location.pathname + location.search;
  forget();
  if (!draft.interrupted || !here) return;

  const form = forms()[draft.form];
  if (!form) return;
  const fields = [...form.querySelectorAll(`${TYPED}, ${GROWN}`)];
  let missing = false;
  for (const [name, value, checked] of draft.values) {
    const field = fields.find((one) => one.name === name && (checked === null ? one.type !== "checkbox" : one.value === value));
    if (!field) {
      if (form.id !== "terms-form" || checked === false) continue;
      const grown = document.createElement("input");
      Object.assign(grown, { type: "hidden", name, value });
      form.append(grown);
      missing = true;
      continue;
    }
    if (checked === null) field.value = value;
    else field.checked = checked;
  }
  const notice = document.getElementById("draft-notice");
  if (notice) form.before(notice.content.cloneNode(true));
  if (missing) form.dataset.missing = "1";
})();
