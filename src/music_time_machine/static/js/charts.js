/*
 * Every chart of every page starts here: a canvas with data-chart names, in data-chart-source, the JSON
 * block that holds its numbers. A chart is drawn when it comes near the window, one a frame, and the
 * code that draws is fetched only then. In focus, the arrow keys read it value by value.
 */
import { offer } from "./saving.js";
import { say } from "./voice.js";

/** @typedef {import("./drawing.js").ChartData} ChartData */

const NEAR = { rootMargin: "200px" };
const STEPS = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 };

/** Near and not drawn yet, in the order in which they came. @type {Set<HTMLCanvasElement>} */
const near = new Set();
let isDrawing = false;

const observer = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    if (isIntersecting) want(target);
  }
}, NEAR);

// Paper has no window to come near to.
addEventListener("beforeprint", () => {
  document.querySelectorAll("canvas[data-chart]:not([data-drawn])").forEach(want);
});

/** Draws the chart that a canvas asks for, once it is near. @param {HTMLCanvasElement} canvas */
export function start(canvas) {
  observer.observe(canvas);
  makeReadable(canvas);
  offer(canvas.closest("[data-figure]"), async () => {
    const { picture } = await import("./drawing.js");
    const { clientWidth, clientHeight } = canvas.parentElement;
    return picture(dataOf(canvas), clientWidth, clientHeight);
  });
}

/** @returns {ChartData} */
function dataOf(canvas) {
  return JSON.parse(document.getElementById(canvas.dataset.chartSource).textContent);
}

function want(canvas) {
  observer.unobserve(canvas);
  near.add(canvas);
  if (!isDrawing) drawNear();
}

/** One chart a frame: however many come near at once, the page stays quick to answer. */
async function drawNear() {
  isDrawing = true;
  try {
    const { draw, isReady } = await import("./drawing.js");
    await isReady;
    for (const canvas of near) {
      await nextFrame();
      near.delete(canvas);
      if (!canvas.isConnected) continue;
      try {
        draw(canvas, dataOf(canvas));
        canvas.dataset.drawn = "";
      } catch (failure) {
        reportError(failure); // the others are drawn nevertheless
      }
    }
  } finally {
    isDrawing = false;
  }
}

/** After the next frame was made, so that drawing never adds to the time that making it takes. */
function nextFrame() {
  return new Promise((resume) => requestAnimationFrame(() => setTimeout(resume)));
}

/** Lets the arrow keys go from value to value, shown as a tooltip and read out. */
function makeReadable(canvas) {
  canvas.tabIndex = 0;
  canvas.setAttribute("role", "application");
  canvas.setAttribute("aria-roledescription", "chart");
  let at = null;

  canvas.addEventListener("keydown", async (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const data = dataOf(canvas);
    const last = data.labels.length - 1;
    const next = { Home: 0, End: last, Escape: null, ...stepped(at, last) }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    at = next;
    const { pointAt, sentence } = await import("./drawing.js");
    if ("drawn" in canvas.dataset) pointAt(canvas, at);
    say(at === null ? "" : sentence(data, at));
  });
  canvas.addEventListener("blur", async () => {
    if (at === null) return;
    at = null;
    const { pointAt } = await import("./drawing.js");
    if ("drawn" in canvas.dataset && canvas.isConnected) pointAt(canvas, null);
  });
}

/** Where each arrow leads from here; from nowhere forward to the first and back to the last. */
function stepped(at, last) {
  const lead = ([key, step]) => {
    const from = at ?? (step > 0 ? -1 : last + 1);
    return [key, Math.min(Math.max(from + step, 0), last)];
  };
  return Object.fromEntries(Object.entries(STEPS).map(lead));
}
