/*
 * Changes what a region shows without leaving the page. Inside [data-in-place], a click on a [data-range]
 * link or sending a form[data-range-form] fetches that address, puts its region in place of this one, and
 * keeps the address, back and forward right. The newest click wins. Whatever goes wrong becomes a plain
 * visit, which is also what happens without scripts.
 */
import { behave } from "./main.js";
import { say } from "./voice.js";

/** Lets a region change in place. @param {HTMLElement} region */
export function start(region) {
  let shown = addressOf(location);
  let asked = new AbortController();

  const show = async (url, isBack) => {
    asked.abort();
    asked = new AbortController();
    const { signal } = asked;
    region.setAttribute("aria-busy", "true");
    const answer = await ask(url, signal);
    if (signal.aborted) return;
    const fresh = answer && sameRegion(answer.page, region);
    if (!fresh) return visit(url, isBack);
    const { page, at } = answer;
    if (!isBack) remember(at);
    shown = addressOf(at);
    document.title = page.title;
    replace(region, fresh, isBack);
    region.removeAttribute("aria-busy");
    behave(region);
    say(nowShown(region));
  };

  region.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-range]");
    if (!link || !isPlain(event)) return;
    event.preventDefault();
    show(new URL(link.href), false);
  });
  region.addEventListener("submit", (event) => {
    if (!event.target.matches("form[data-range-form]")) return;
    event.preventDefault();
    const url = new URL(event.target.action);
    url.search = new URLSearchParams(new FormData(event.target));
    show(url, false);
  });
  // Whoever takes hold of a slider again has not let go for good: what was asked for no longer counts.
  region.addEventListener("pointerdown", (event) => {
    if (!event.target.matches("input[type='range']")) return;
    asked.abort();
    region.removeAttribute("aria-busy");
  });
  addEventListener("popstate", () => {
    // A step within the page, to its #content for one, changes nothing that is shown.
    if (addressOf(location) !== shown) show(new URL(location.href), true);
  });
}

function addressOf({ pathname, search }) {
  return pathname + search;
}

/** A click that means "here and now": neither a new tab nor a download. */
function isPlain(event) {
  return event.button === 0 && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
}

/** The page that an address leads to, and where it is; null when it can't be had. */
async function ask(url, signal) {
  try {
    const response = await fetch(url, { headers: { Accept: "text/html" }, signal });
    if (!response.ok) return null;
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    return { page, at: new URL(response.url) };
  } catch (failure) {
    if (failure instanceof TypeError || failure.name === "AbortError") return null;
    throw failure;
  }
}

function sameRegion(page, region) {
  return page.querySelector(`[data-in-place="${CSS.escape(region.dataset.inPlace)}"]`);
}

function visit(url, isBack) {
  if (isBack) location.reload();
  else location.assign(url);
}

function remember(url) {
  const isSame = addressOf(url) === addressOf(location);
  history[isSame ? "replaceState" : "pushState"](null, "", url);
}

/** Puts the new content in place; focus, scroll and opened tables stay where they were. */
function replace(region, fresh, isBack) {
  const focused = region.contains(document.activeElement) ? nameOf(document.activeElement) : null;
  const opened = [...region.querySelectorAll("[data-figure]:has(details[open])")];
  const names = opened.map(({ dataset }) => dataset.figure);
  const place = [scrollX, scrollY];
  region.replaceChildren(...fresh.childNodes);
  if (fresh.dataset.stretch) region.dataset.stretch = fresh.dataset.stretch;
  for (const name of names) {
    const details = region.querySelector(`[data-figure="${CSS.escape(name)}"] details`);
    if (details) details.open = true;
  }
  if (focused !== null) (region.querySelector(focused) ?? focusable(region)).focus({ preventScroll: true });
  if (!isBack) scrollTo(...place);
}

/** How to find an element again after its surroundings were replaced. */
function nameOf(element) {
  if (element.id) return `#${CSS.escape(element.id)}`;
  if (element.dataset.range) return `[data-range="${CSS.escape(element.dataset.range)}"]`;
  const form = element.closest("[data-range-form]");
  if (form) return `[data-range-form="${CSS.escape(form.dataset.rangeForm)}"] button`;
  return ":not(*)";
}

function focusable(region) {
  region.tabIndex = -1;
  return region;
}

/** What is shown now: the stretch that the page names, else what was pressed or typed. */
function nowShown(region) {
  const named = region.dataset.stretch ?? region.querySelector("[data-stretch]")?.dataset.stretch;
  if (named) return `Shown: ${named}`;
  const link = region.querySelector("a[data-range][aria-current='true']");
  if (link) return `Shown: ${link.querySelector(".is-long").textContent}`;
  const dates = [...region.querySelectorAll("[data-range-form] input")].map(({ value }) => value);
  return `Shown: ${dates.join(" to ")}`;
}
