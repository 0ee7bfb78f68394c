/*
 * Every chart of every page comes from here. A chart is data plus a kind: a canvas with
 * data-chart="line|bar|barh" names, in data-chart-source, the JSON block that holds its numbers.
 * Quiet bars, the few that matter in amber, the present in teal; marked ones also carry their number,
 * so the colour is never their only sign. Colours come from the style sheet and follow it.
 */
import "../vendor/chart.js/chart.umd.min.js";

/**
 * @typedef {object} ChartData
 * @property {"line"|"bar"|"barh"} kind
 * @property {string[]} labels
 * @property {(number|null)[]} values
 * @property {string} unit what one value counts, in the plural ("new tracks")
 * @property {string} series what the values are called ("New tracks")
 * @property {number[]} highlights indexes shown in amber
 * @property {number|null} now the index of the present, shown in teal
 * @property {string[]|null} contexts one further line for each tooltip
 * @property {boolean} is_rank values are places in a list: 1 stands at the top
 */

const { Chart } = globalThis;
const WORDS = "Inter";
const FIGURES = '"Inter Figures", "Inter", sans-serif';
const COLOURS = ["ink", "soft", "paper", "sheet", "grid", "quiet", "amber", "amber-fill", "teal"];

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });
const short = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
const stillness = matchMedia("(prefers-reduced-motion: reduce)");

/** @type {Record<string, string>} */
const palette = {};
/** @type {Set<Chart>} */
const drawn = new Set();

/** Draws the chart that a canvas asks for. */
export function start(canvas) {
  /** @type {ChartData} */
  const data = JSON.parse(document.getElementById(canvas.dataset.chartSource).textContent);
  if (drawn.size === 0) {
    readPalette();
    followPalette();
  }
  const chart = new Chart(canvas, configuration(data));
  drawn.add(chart);
  // A canvas does not draw again by itself when a font arrives late.
  Promise.all([document.fonts.load(`11px ${WORDS}`), document.fonts.load('11px "Inter Figures"', "0")])
    .then(() => chart.update("none"));
}

/** Resolves the custom properties to colours a canvas understands, whatever the scheme. */
function readPalette() {
  const probe = document.createElement("span");
  probe.hidden = true;
  document.body.append(probe);
  for (const name of COLOURS) {
    probe.style.color = `var(--${name})`;
    palette[name] = getComputedStyle(probe).color;
  }
  probe.remove();
}

function followPalette() {
  const redraw = () => {
    readPalette();
    drawn.forEach((chart) => chart.update("none"));
  };
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  matchMedia("print").addEventListener("change", redraw);
  new MutationObserver(redraw).observe(document.documentElement, { attributeFilter: ["data-theme"] });
}

/** @param {ChartData} data */
function configuration(data) {
  const sideways = data.kind === "barh";
  return {
    type: data.kind === "line" ? "line" : "bar",
    data: {
      labels: data.labels,
      datasets: [data.kind === "line" ? lineLook(data) : barLook(data)],
    },
    options: {
      indexAxis: sideways ? "y" : "x",
      responsive: true,
      maintainAspectRatio: false,
      animation: stillness.matches ? false : { duration: 240, easing: "easeOutCubic" },
      transitions: { active: { animation: { duration: 0 } }, resize: { animation: { duration: 0 } } },
      interaction: { mode: "index", axis: sideways ? "y" : "x", intersect: false },
      layout: { padding: sideways ? { right: figureWidth(data) } : { top: 18 } },
      scales: sideways ? sidewaysScales() : uprightScales(data),
      plugins: { legend: { display: false }, tooltip: tooltip(data) },
    },
    plugins: [numbersOnMarks(data)],
  };
}

/** @param {ChartData} data */
function barLook(data) {
  return {
    label: data.series,
    data: data.values,
    backgroundColor: ({ dataIndex }) => fillOf(data, dataIndex),
    hoverBackgroundColor: ({ dataIndex }) =>
      isMarked(data, dataIndex) ? fillOf(data, dataIndex) : palette.soft,
    borderRadius: 4,
    categoryPercentage: data.kind === "barh" ? 0.62 : 0.86,
    barPercentage: data.kind === "barh" ? 1 : 0.86,
    maxBarThickness: data.kind === "barh" ? 18 : 34,
    minBarLength: 2,
  };
}

/** @param {ChartData} data */
function lineLook(data) {
  const stands = ({ dataIndex: i }) => {
    const alone = data.values[i - 1] == null && data.values[i + 1] == null;
    return isMarked(data, i) ? 4.5 : alone || data.is_rank ? 3 : 0;
  };
  const dot = ({ dataIndex: i }) => (isMarked(data, i) ? fillOf(data, i) : palette.amber);
  return {
    label: data.series,
    data: data.values,
    borderColor: () => palette.amber,
    borderWidth: 2,
    borderJoinStyle: "round",
    borderCapStyle: "round",
    cubicInterpolationMode: "monotone",
    fill: data.is_rank ? false : "origin",
    backgroundColor: ({ chart }) => wash(chart),
    pointRadius: stands,
    pointHoverRadius: 5,
    pointBackgroundColor: dot,
    pointHoverBackgroundColor: dot,
    pointBorderColor: () => palette.sheet,
    pointHoverBorderColor: () => palette.sheet,
    pointBorderWidth: ({ dataIndex }) => (isMarked(data, dataIndex) ? 2 : 0),
    pointHoverBorderWidth: 2,
    clip: 8,
  };
}

/** A breath of amber under a line, gone before it reaches the ground. */
function wash(chart) {
  const area = chart.chartArea;
  if (!area) return "transparent";
  const fade = chart.ctx.createLinearGradient(0, area.top, 0, area.bottom);
  fade.addColorStop(0, palette["amber-fill"].replace("rgb(", "rgba(").replace(")", ", 0.16)"));
  fade.addColorStop(1, palette["amber-fill"].replace("rgb(", "rgba(").replace(")", ", 0)"));
  return fade;
}

function uprightScales(data) {
  return {
    x: {
      border: { display: false },
      grid: { display: false },
      ticks: ticks({ maxRotation: 0, autoSkipPadding: 18, maxTicksLimit: 8, padding: 4 }),
    },
    y: {
      ...(data.is_rank ? { reverse: true, min: 1, suggestedMax: 5 } : { beginAtZero: true, suggestedMax: 4 }),
      border: { display: false },
      grid: { color: () => palette.grid, drawTicks: false },
      ticks: ticks({
        maxTicksLimit: 5,
        padding: 10,
        precision: data.values.every((value) => Number.isInteger(value ?? 0)) ? 0 : undefined,
        callback: (value) => (value < 10_000 ? whole : short).format(value),
      }),
    },
  };
}

function sidewaysScales() {
  return {
    x: { beginAtZero: true, display: false },
    y: {
      border: { display: false },
      grid: { display: false },
      ticks: {
        ...ticks({ autoSkip: false, padding: 8, crossAlign: "far", callback: shortened }),
        color: () => palette.ink,
        font: { family: WORDS, size: 13, weight: 500 },
      },
    },
  };
}

/** A name that would take more than its share of the width loses its end; the table keeps it whole. */
function shortened(value) {
  const name = this.getLabelForValue(value);
  const room = Math.min(180, this.chart.width * 0.4);
  const { ctx } = this.chart;
  ctx.save();
  ctx.font = `500 13px ${WORDS}`;
  let end = name.length;
  while (end > 1 && ctx.measureText(`${name.slice(0, end)}…`).width > room) end -= 1;
  const fits = ctx.measureText(name).width <= room;
  ctx.restore();
  return fits ? name : `${name.slice(0, end).trimEnd()}…`;
}

function ticks(more) {
  return { color: () => palette.soft, font: { family: FIGURES, size: 11 }, ...more };
}

/** @param {ChartData} data */
function tooltip(data) {
  return {
    displayColors: false,
    backgroundColor: () => palette.ink,
    titleColor: () => palette.sheet,
    bodyColor: () => palette.sheet,
    titleFont: { family: WORDS, size: 11, weight: 500 },
    bodyFont: { family: WORDS, size: 13, weight: 600 },
    padding: { x: 12, y: 10 },
    cornerRadius: 10,
    caretSize: 5,
    caretPadding: 6,
    callbacks: {
      label: ({ raw }) => words(data, raw),
      afterLabel: ({ dataIndex }) => data.contexts?.[dataIndex] || undefined,
    },
  };
}

/** The number with what it counts: "31 new tracks", and never "1 new tracks". */
function words(data, value) {
  if (value == null) return "nothing known";
  if (data.is_rank) return `No. ${value}`;
  return value === 1 ? `${data.series}: 1` : `${whole.format(value)} ${data.unit}`;
}

/** @param {ChartData} data */
function isMarked(data, index) {
  return index === data.now || data.highlights.includes(index);
}

/** @param {ChartData} data */
function fillOf(data, index) {
  if (index === data.now) return palette.teal;
  return data.highlights.includes(index) ? palette["amber-fill"] : palette.quiet;
}

/** Room for the longest number at the end of a sideways bar. @param {ChartData} data */
function figureWidth(data) {
  const longest = Math.max(1, ...data.values.map((value) => whole.format(value ?? 0).length));
  return 14 + longest * 8;
}

/** Writes the number on each marked bar or point, and at the end of every sideways bar. */
function numbersOnMarks(data) {
  return {
    id: "numbersOnMarks",
    afterDatasetsDraw(chart) {
      const marks = chart.getDatasetMeta(0).data;
      const { ctx } = chart;
      ctx.save();
      ctx.font = `600 ${data.kind === "barh" ? 13 : 11}px ${FIGURES}`;
      if (data.kind === "barh") endNumbers(ctx, data, marks);
      else topNumbers(ctx, data, marks, chart.chartArea);
      ctx.restore();
    },
  };
}

function endNumbers(ctx, data, marks) {
  ctx.textAlign = "left";
  ctx.textBaseline = "middle";
  marks.forEach((mark, i) => {
    if (data.values[i] == null) return;
    ctx.fillStyle = isMarked(data, i) ? palette.ink : palette.soft;
    ctx.fillText(whole.format(data.values[i]), mark.x + 8, mark.y + 1);
  });
}

function topNumbers(ctx, data, marks, area) {
  ctx.textAlign = "center";
  ctx.textBaseline = "bottom";
  ctx.fillStyle = palette.ink;
  ctx.strokeStyle = palette.sheet;
  ctx.lineWidth = 4;
  ctx.lineJoin = "round";
  const order = [...(data.now == null ? [] : [data.now]), ...data.highlights];
  const taken = [];
  for (const i of order) {
    const value = data.values[i];
    if (value == null || !marks[i]) continue;
    const text = whole.format(value);
    const half = ctx.measureText(text).width / 2;
    const x = Math.min(Math.max(marks[i].x, area.left + half), area.right - half);
    const y = marks[i].y - (data.kind === "line" ? 8 : 4);
    const box = { left: x - half - 3, right: x + half + 3, top: y - 12, bottom: y };
    // Two marks side by side: one keeps its number, the tooltip and the table have the other.
    if ([...taken, ...others(data, marks, i)].some((other) => overlap(box, other))) continue;
    taken.push(box);
    // A rim of the card's own colour keeps the number readable over a taller neighbour.
    ctx.strokeText(text, x, y);
    ctx.fillText(text, x, y);
  }
}

/** The places that the other marked bars fill. */
function others(data, marks, index) {
  if (data.kind === "line") return [];
  return marks
    .filter((mark, i) => i !== index && isMarked(data, i))
    .map(({ x, y, width, base }) => ({ left: x - width / 2, right: x + width / 2, top: y, bottom: base }));
}

function overlap(one, other) {
  return (
    one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom
  );
}
