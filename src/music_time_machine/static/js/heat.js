/*
 * Walks a heat map by keyboard and saves it as a picture. The table is one stop of the tab key; from
 * there the arrows lead from cell to cell, Home and End along the row. The style sheet shows the words
 * of the cell in focus. A map that is wider than its frame shows its newest end first.
 */
import { offer } from "./saving.js";

const SCALE = 2;
const NEAR = { rootMargin: "200px" };
const STEPS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

const KEYS = new Set([...Object.keys(STEPS), "Home", "End"]);

/** Makes one table walkable. @param {HTMLTableElement} table */
export function start(table) {
  const rows = [...table.tBodies[0].rows].map((row) => [...row.querySelectorAll("td")]);
  const cells = rows.flat().filter(isCell);
  if (cells.length === 0) return;
  cells.forEach((cell) => (cell.tabIndex = -1));
  let here = newest(cells);
  here.tabIndex = 0;
  whenNear(table.closest("[data-heat-body]"), () => showNewest(table, here));

  table.addEventListener("focusin", ({ target }) => {
    if (!cells.includes(target)) return;
    here.tabIndex = -1;
    here = target;
    here.tabIndex = 0;
  });
  table.addEventListener("keydown", (event) => {
    if (!KEYS.has(event.key) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    nextCell(rows, here, event.key)?.focus();
  });
  offer(table.closest("[data-figure]"), async () => painted(table));
}

/** Some places of a calendar are no day of the year: they are empty. */
function isCell(cell) {
  return cell.firstElementChild !== null;
}

/** The lowest cell of the last column. */
function newest(cells) {
  return cells.reduce((best, cell) => (cell.cellIndex >= best.cellIndex ? cell : best));
}

/** A map far from the window is not laid out, and measuring it would be work for nothing; near, it stays. */
function whenNear(body, act) {
  const observer = new IntersectionObserver(([{ isIntersecting }]) => {
    if (!isIntersecting) return;
    observer.disconnect();
    body.dataset.seen = "";
    act();
  }, NEAR);
  observer.observe(body);
}

function showNewest(table, cell) {
  const frame = table.parentElement;
  frame.scrollLeft = cell.offsetLeft + cell.offsetWidth - frame.clientWidth;
}

/** Where a key leads; nowhere at the edges. What is no day takes no focus. */
function nextCell(rows, here, key) {
  const down = rows.findIndex((row) => row.includes(here));
  if (key === "Home") return rows[down].find(isCell);
  if (key === "End") return rows[down].findLast(isCell);
  const [stepDown, stepAlong] = STEPS[key];
  return rows[down + stepDown]?.[rows[down].indexOf(here) + stepAlong];
}

/** The table on a canvas: each cell in its own colour, each label in its own place. */
function painted(table) {
  const all = table.getBoundingClientRect();
  const canvas = document.createElement("canvas");
  canvas.width = Math.ceil(all.width) * SCALE;
  canvas.height = Math.ceil(all.height) * SCALE;
  const ctx = canvas.getContext("2d");
  ctx.scale(SCALE, SCALE);
  ctx.textBaseline = "middle";
  for (const cell of table.querySelectorAll("tbody td, th")) {
    const { left, top, width, height } = cell.getBoundingClientRect();
    if (cell.tagName === "TD") paintCell(ctx, cell, [left - all.left, top - all.top, width, height]);
    else paintLabel(ctx, cell, all);
  }
  return { image: canvas, scale: SCALE };
}

function paintCell(ctx, cell, place) {
  if (!isCell(cell)) return;
  ctx.fillStyle = getComputedStyle(cell).backgroundColor;
  ctx.beginPath();
  ctx.roundRect(...place, 3);
  ctx.fill();
}

function paintLabel(ctx, cell, all) {
  const words = cell.querySelector("span") ?? cell;
  // In little room some labels are only read out: they are a pixel wide.
  if (words.offsetWidth <= 1) return;
  const range = document.createRange();
  range.selectNodeContents(words);
  const { left, top, height } = range.getBoundingClientRect();
  const { color, fontWeight, fontSize, fontFamily } = getComputedStyle(cell);
  ctx.fillStyle = color;
  ctx.font = `${fontWeight} ${fontSize} ${fontFamily}`;
  const isRow = cell.scope === "row";
  ctx.fillText(words.textContent.trim(), isRow ? 0 : left - all.left, top + height / 2 - all.top);
}
