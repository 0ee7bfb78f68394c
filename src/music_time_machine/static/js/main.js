/*
 * The one entry: looks which behaviours a page asks for by its data- attributes and fetches only
 * those. Every page works without any of them.
 */

/** @type {[string, () => Promise<{start: (found: HTMLElement) => void}>][]} */
const behaviours = [
  ["canvas[data-chart]", () => import("./charts.js")],
  ["table[data-heat]", () => import("./heat.js")],
  ["[data-in-place]", () => import("./ranges.js")],
  ["[data-progress-url]", () => import("./progress.js")],
  ["form[data-upload]", () => import("./upload.js")],
  ["form[data-search]", () => import("./search.js")],
  ["form[data-time-zone]", () => import("./timezone.js")],
  ["table[data-strip]", () => import("./strip.js")],
  ["form[data-keepsake]", () => import("./years.js")],
  ["[data-days], [data-travel-slide]", () => import("./on.js")],
  ["[data-preparing]", () => import("./preparing.js")],
  ["[data-now-playing-url]", () => import("./now-playing.js")],
];

/** Starts what a page, or a part of it that has just come, asks for. @param {ParentNode} root */
export function behave(root) {
  for (const [selector, load] of behaviours) {
    const found = root.querySelectorAll(selector);
    if (found.length > 0) {
      load().then(({ start }) => found.forEach((element) => start(element)));
    }
  }
}

behave(document);
