/*
 * Looking while one types: asks for the results at data-search a moment after the last key and shows
 * them under the field, or on the search page in its place. "/" goes to the field, the arrows go
 * through the results, Enter opens one, Escape closes. Without scripts the form is a plain form.
 */
const A_MOMENT_MS = 160;

/** Makes a search form answer while one types. @param {HTMLFormElement} form */
export function start(form) {
  const field = form.querySelector("input[type=search]");
  const results = form.querySelector("[data-search-results]") ?? document.querySelector("[data-search-results]");
  const view = new View(field, results, voiceAfter(form));
  let timer;
  let asked = new AbortController();
  let before = field.value.trim();

  const look = async () => {
    const query = field.value.trim();
    if (query === before) return;
    before = query;
    asked.abort();
    asked = new AbortController();
    if (query === "" && view.isPopup) return view.close();
    const html = await ask(form, query, asked.signal);
    if (html !== null && query === field.value.trim()) view.show(html);
  };

  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(look, A_MOMENT_MS);
  });
  field.addEventListener("focus", () => {
    if (field.value.trim() && results.childElementCount > 0) view.open();
  });
  document.addEventListener("keydown", (event) => onKey(event, field, view));
  document.addEventListener("click", (event) => {
    if (!form.contains(event.target)) view.close();
  });
  form.addEventListener("focusout", (event) => {
    if (event.relatedTarget && !form.contains(event.relatedTarget)) view.close();
  });
}

/** Where the results are: a popup under the field, or a part of the page that is always there. */
class View {
  constructor(field, results, voice) {
    this.field = field;
    this.results = results;
    this.voice = voice;
    this.isPopup = results.hasAttribute("popover");
  }

  get lines() {
    return [...this.results.querySelectorAll("a")];
  }

  get isOpen() {
    return !this.isPopup || this.results.matches(":popover-open");
  }

  show(html) {
    const fresh = new DOMParser().parseFromString(html, "text/html").body;
    this.results.replaceChildren(...fresh.childNodes);
    this.voice.textContent = this.results.querySelector("[data-announce]")?.dataset.announce ?? "";
    this.open();
  }

  open() {
    if (this.isOpen) return;
    this.results.style.top = `${this.field.getBoundingClientRect().bottom + 6}px`;
    this.results.showPopover();
  }

  close() {
    if (this.isPopup && this.isOpen) this.results.hidePopover();
  }
}

/** @param {KeyboardEvent} event */
function onKey(event, field, view) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  const isTyping = event.target.closest("input, textarea, select, [contenteditable]");
  if (event.key === "/" && !isTyping) {
    event.preventDefault();
    toField(field);
    return;
  }
  const isInside = event.target === field || view.results.contains(event.target);
  if (!isInside) return;
  if (event.key === "Escape") {
    field.focus();
    view.close();
  } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    step(event.key === "ArrowDown" ? 1 : -1, field, view);
  }
}

/** To the field, or to the search page where there is no room for one. */
function toField(field) {
  if (field.checkVisibility()) {
    field.focus();
    field.select();
  } else {
    location.assign(field.form.action);
  }
}

/** The next or the one before among the field and the results, round and round. */
function step(by, field, view) {
  if (view.lines.length === 0) return;
  view.open();
  const stops = [field, ...view.lines];
  const at = stops.indexOf(document.activeElement);
  stops[(at + by + stops.length) % stops.length].focus();
}

/** The results as HTML, or null when they can't be had now or are no longer wanted. */
async function ask(form, query, signal) {
  const url = new URL(form.dataset.search, location.href);
  url.searchParams.set("q", query);
  if ("few" in form.dataset) url.searchParams.set("few", "yes");
  try {
    const response = await fetch(url, { headers: { Accept: "text/html" }, cache: "no-store", signal });
    return response.ok && !response.redirected ? await response.text() : null;
  } catch (failure) {
    // Typed on meanwhile, or offline for a moment: Enter still sends the form.
    if (failure instanceof TypeError || failure.name === "AbortError") return null;
    throw failure;
  }
}

/** A place that a screen reader reads out when its words change. */
function voiceAfter(form) {
  const voice = document.createElement("p");
  voice.className = "unseen";
  voice.setAttribute("role", "status");
  form.after(voice);
  return voice;
}
