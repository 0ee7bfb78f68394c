/*
 * The one entry: looks which behaviours a page asks for by its data- attributes and fetches only
 * those. Every page works without any of them.
 */

/** @type {[string, () => Promise<{start: (found: HTMLElement) => void}>][]} */
const behaviours = [
  ["canvas[data-chart]", () => import("./charts.js")],
  ["[data-progress-url]", () => import("./progress.js")],
  ["form[data-upload]", () => import("./upload.js")],
  ["form[data-search]", () => import("./search.js")],
  ["form[data-time-zone]", () => import("./timezone.js")],
  ["table[data-strip]", () => import("./strip.js")],
  ["[data-now-playing-url]", () => import("./now-playing.js")],
];

for (const [selector, load] of behaviours) {
  const found = document.querySelectorAll(selector);
  if (found.length > 0) {
    load().then(({ start }) => found.forEach((element) => start(element)));
  }
}
