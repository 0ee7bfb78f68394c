/*
 * Draws one chart with Chart.js. A chart is data plus a kind; everything that all charts share is here.
 * Quiet bars, the few that matter marked, the present in its own colour; marked ones also carry their
 * number, so the colour is never their only sign. Colours come from the style sheet and follow it.
 */
import "../vendor/chart.js/chart.umd.min.js";

/**
 * @typedef {object} ChartData
 * @property {"line"|"bar"|"barh"|"radar"} kind
 * @property {string[]} labels
 * @property {(number|null)[]} values
 * @property {string} unit what one value counts, in the plural ("new tracks")
 * @property {string} series what the values are called ("New tracks")
 * @property {number[]} highlights indexes of the few that matter
 * @property {number|null} now the index of the present
 * @property {string[]|null} contexts one further line for each tooltip
 * @property {boolean} is_rank values are places in a list: 1 stands at the top
 */

const { Chart } = globalThis;
const WORDS = "Inter";
const FIGURES = '"Inter Figures", "Inter", sans-serif';
const PICTURE_SCALE = 2;
const FONTS_MS = 300;
// How far apart lying bars must be, so that two lines beside one do not touch those of the next.
const TWO_LINES = 36;
// What the style sheet calls each colour.
const COLOURS = {
  ink: "--ink",
  soft: "--soft",
  sheet: "--sheet",
  grid: "--grid",
  quiet: "--chart-quiet",
  cap: "--chart-cap",
  mark: "--chart-mark",
  now: "--chart-now",
  line: "--chart-line",
};

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });
const short = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

/** @type {Record<string, string>} */
const palette = {};
/** @type {Set<Chart>} */
const drawn = new Set();

readPalette();
followPalette();
const fonts = followFonts();

/** When to begin: with the fonts, or without them if they take long. */
export const isReady = Promise.race([
  fonts,
  new Promise((resume) => setTimeout(resume, FONTS_MS)),
]).then(warmUp);

/** Draws the data on a canvas of the page. @param {HTMLCanvasElement} canvas @param {ChartData} data */
export function draw(canvas, data) {
  forgetTheGone();
  drawn.add(new Chart(canvas, configuration(data)));
}

/** Shows the tooltip of one value, or of none. @param {number|null} index */
export function pointAt(canvas, index) {
  const chart = Chart.getChart(canvas);
  const isKnown = index !== null && chart.data.datasets[0].data[index] != null;
  const active = isKnown ? [{ datasetIndex: 0, index }] : [];
  chart.setActiveElements(active);
  chart.tooltip.setActiveElements(active, { x: 0, y: 0 });
  chart.update("none");
}

/** One value as the tooltip says it, on one line: its label, its number, and what stands beside it. */
export function sentence(data, index) {
  const parts = [`${data.labels[index]}: ${words(data, data.values[index])}`];
  if (data.contexts?.[index]) parts.push(data.contexts[index]);
  if (index === data.now) parts.push("now");
  return parts.join(", ");
}

/** The same chart as a picture, fine enough to be kept. */
export async function picture(data, width, height) {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  const { options, ...rest } = configuration(data);
  const own = { responsive: false, devicePixelRatio: PICTURE_SCALE, events: [] };
  const chart = new Chart(canvas, { ...rest, options: { ...options, ...own } });
  const copy = await createImageBitmap(canvas);
  chart.destroy();
  return { image: copy, scale: PICTURE_SCALE };
}

/** A page's first chart takes three times as long as the next: a small one, in a task of its own, pays it. */
function warmUp() {
  const two = { kind: "bar", labels: ["1", "2"], values: [1, 2], highlights: [0], now: 1 };
  return picture({ ...two, unit: "", series: "", contexts: null, is_rank: false }, 300, 150);
}

/** Charts of a part of the page that was replaced take no more part in anything. */
function forgetTheGone() {
  for (const chart of drawn) {
    if (chart.canvas?.isConnected) continue;
    drawn.delete(chart);
    chart.destroy();
  }
}

/** Resolves the custom properties to colours a canvas understands, whatever the scheme. */
function readPalette() {
  const probe = document.createElement("span");
  probe.hidden = true;
  document.body.append(probe);
  for (const [name, property] of Object.entries(COLOURS)) {
    probe.style.color = `var(${property})`;
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
  const looks = { attributeFilter: ["data-theme", "data-colours"] };
  new MutationObserver(redraw).observe(document.documentElement, looks);
}

/** Charts that were drawn before a font came are drawn again: a canvas does not do so by itself. */
function followFonts() {
  const fonts = [`11px ${WORDS}`, '11px "Inter Figures"'];
  const loading = Promise.all(fonts.map((font) => document.fonts.load(font, "0")));
  loading.then(() => drawn.forEach((chart) => chart.update("none")));
  return loading;
}

/** @param {ChartData} data */
function configuration(data) {
  const { type, look, scales, axis, padding } = KINDS[data.kind](data);
  return {
    type,
    data: { labels: data.labels, datasets: [{ label: data.series, data: data.values, ...look }] },
    options: {
      indexAxis: axis === "y" ? "y" : "x",
      responsive: true,
      maintainAspectRatio: false,
      // Drawn once and then still: moving, a page of many charts would keep a small machine busy.
      animation: false,
      interaction: { mode: axis === "xy" ? "nearest" : "index", axis, intersect: false },
      layout: { padding },
      scales,
      plugins: { legend: { display: false }, tooltip: tooltip(data) },
    },
    plugins: [numbersOnMarks(data)],
  };
}

/** What each kind brings of its own. @type {Record<string, (data: ChartData) => object>} */
const KINDS = {
  line: (data) => ({
    type: "line",
    look: lineLook(data),
    scales: uprightScales(data),
    axis: "x",
    padding: { top: 18 },
  }),
  bar: (data) => ({
    type: "bar",
    look: barLook(data),
    scales: uprightScales(data),
    axis: "x",
    padding: { top: 18 },
  }),
  barh: (data) => ({
    type: "bar",
    look: barLook(data),
    scales: sidewaysScales(),
    axis: "y",
    padding: { right: figureWidth(data) },
  }),
  radar: (data) => ({
    type: "radar",
    look: roundLook(data),
    scales: roundScales(data),
    axis: "xy",
    padding: 0,
  }),
};

/** @param {ChartData} data */
function barLook(data) {
  const isSideways = data.kind === "barh";
  const cap = ({ dataIndex }) => (isMarked(data, dataIndex) ? fillOf(data, dataIndex) : palette.cap);
  return {
    backgroundColor: ({ dataIndex }) => fillOf(data, dataIndex),
    hoverBackgroundColor: cap,
    // A quiet bar's end is drawn firmly: that is where its number is read.
    borderColor: cap,
    hoverBorderColor: cap,
    borderWidth: ({ dataIndex }) => (isMarked(data, dataIndex) ? 0 : { [isSideways ? "right" : "top"]: 2 }),
    borderRadius: isSideways ? { topRight: 4, bottomRight: 4 } : { topLeft: 4, topRight: 4 },
    categoryPercentage: isSideways ? 0.62 : 0.86,
    barPercentage: isSideways ? 1 : 0.86,
    maxBarThickness: isSideways ? 18 : 34,
    minBarLength: 2,
  };
}

/** @param {ChartData} data */
function lineLook(data) {
  const stands = ({ dataIndex: i }) => {
    const alone = data.values[i - 1] == null && data.values[i + 1] == null;
    return isMarked(data, i) ? 4.5 : alone || data.is_rank ? 3 : 0;
  };
  return {
    borderColor: () => palette.line,
    borderWidth: 2,
    borderJoinStyle: "round",
    borderCapStyle: "round",
    cubicInterpolationMode: "monotone",
    fill: data.is_rank ? false : "origin",
    backgroundColor: ({ chart }) => wash(chart),
    ...dots(data, stands),
    clip: 8,
  };
}

/** @param {ChartData} data */
function roundLook(data) {
  return {
    borderColor: () => palette.line,
    borderWidth: 2,
    borderJoinStyle: "round",
    fill: true,
    backgroundColor: () => faded(palette.mark, 20),
    ...dots(data, ({ dataIndex }) => (isMarked(data, dataIndex) ? 4.5 : 2)),
  };
}

/** The points of a line: `radius` says how large, by their index. @param {ChartData} data */
function dots(data, radius) {
  const colour = ({ dataIndex: i }) => (isMarked(data, i) ? fillOf(data, i) : palette.line);
  return {
    pointRadius: radius,
    pointHoverRadius: 5,
    pointBackgroundColor: colour,
    pointHoverBackgroundColor: colour,
    pointBorderColor: () => palette.sheet,
    pointHoverBorderColor: () => palette.sheet,
    pointBorderWidth: ({ dataIndex }) => (isMarked(data, dataIndex) ? 2 : 0),
    pointHoverBorderWidth: 2,
  };
}

/** A breath of colour under a line, gone before it reaches the ground. */
function wash(chart) {
  const area = chart.chartArea;
  if (!area) return "transparent";
  const fade = chart.ctx.createLinearGradient(0, area.top, 0, area.bottom);
  fade.addColorStop(0, faded(palette.mark, 16));
  fade.addColorStop(1, faded(palette.mark, 0));
  return fade;
}

/** A colour like "rgb(1, 2, 3)" with so many percent of its strength. */
function faded(colour, percent) {
  return colour.replace("rgb(", "rgba(").replace(")", `, ${percent / 100})`);
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
        ...ticks({ autoSkip: false, padding: 8, crossAlign: "far", callback: beside }),
        color: () => palette.ink,
        font: { family: WORDS, size: 13, weight: 500 },
      },
    },
  };
}

/** A round scale like the face of a clock: the labels stand around it, every third of many. */
function roundScales(data) {
  const every = data.labels.length > 12 ? 3 : 1;
  return {
    r: {
      beginAtZero: true,
      suggestedMax: 4,
      border: { display: false },
      angleLines: { color: ({ index }) => (index % every === 0 ? palette.grid : "transparent") },
      grid: { circular: true, color: () => palette.grid },
      pointLabels: {
        color: () => palette.soft,
        font: { family: FIGURES, size: 11 },
        callback: (label, index) => (index % every === 0 ? label : ""),
      },
      ticks: { display: false, maxTicksLimit: 4 },
    },
  };
}

/** A name beside its bar, on two lines where there is room; a longer one loses its end, the table keeps it. */
function beside(value) {
  const { ctx, width, height } = this.chart;
  const room = Math.min(180, width * 0.4);
  ctx.save();
  ctx.font = `500 13px ${WORDS}`;
  const fits = (text) => ctx.measureText(text).width <= room;
  const label = this.getLabelForValue(value);
  const isHigh = height / this.getLabels().length >= TWO_LINES;
  const lines = (isHigh ? folded(label, fits) : [label]).map((line) => cut(line, fits));
  ctx.restore();
  return lines;
}

/** A text on two lines, the first one as long as fits; on one if all of it does. */
function folded(text, fits) {
  const words = text.split(" ");
  let first = words.shift();
  while (words.length > 0 && fits(`${first} ${words[0]}`)) first = `${first} ${words.shift()}`;
  return [first, words.join(" ")].filter(Boolean);
}

function cut(line, fits) {
  if (fits(line)) return line;
  let end = line.length - 1;
  while (end > 1 && !fits(`${line.slice(0, end)}…`)) end -= 1;
  return `${line.slice(0, end).trimEnd()}…`;
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
  const isPlural = value !== 1 || data.unit.startsWith("%");
  return isPlural ? `${whole.format(value)} ${data.unit}` : `${data.series}: 1`;
}

/** @param {ChartData} data */
function isMarked(data, index) {
  return index === data.now || data.highlights.includes(index);
}

/** @param {ChartData} data */
function fillOf(data, index) {
  if (index === data.now) return palette.now;
  return data.highlights.includes(index) ? palette.mark : palette.quiet;
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
  const marked = [...(data.now == null ? [] : [data.now]), ...data.highlights];
  // Round a clock the numbers would lie on the line: only the highest has one.
  const highest = [...marked].sort((one, other) => data.values[other] - data.values[one])[0];
  const order = data.kind === "radar" && marked.length ? [highest] : marked;
  const taken = [];
  for (const i of order) {
    const value = data.values[i];
    if (value == null || !marks[i]) continue;
    const text = whole.format(value);
    const half = ctx.measureText(text).width / 2;
    const x = Math.min(Math.max(marks[i].x, area.left + half), area.right - half);
    const isUnder = data.kind === "line" && liesInValley(data, marks, i) && marks[i].y + 22 < area.bottom;
    const y = isUnder ? marks[i].y + 20 : marks[i].y - (data.kind === "bar" ? 4 : 8);
    const box = { left: x - half - 3, right: x + half + 3, top: y - 12, bottom: y };
    // Two marks side by side: one keeps its number, the tooltip and the table have the other.
    if ([...taken, ...others(data, marks, i)].some((other) => overlap(box, other))) continue;
    taken.push(box);
    // A rim of the card's own colour keeps the number readable over a taller neighbour.
    ctx.strokeText(text, x, y);
    ctx.fillText(text, x, y);
  }
}

/** Whether a line comes down to a point: above it the number would lie on the line. */
function liesInValley(data, marks, index) {
  const beside = [index - 1, index + 1].filter((i) => data.values[i] != null && marks[i]);
  const heights = beside.map((i) => marks[index].y - marks[i].y);
  return heights.some((height) => height > 6) && heights.every((height) => height > -6);
}

/** The places that the other marked bars fill. */
function others(data, marks, index) {
  if (data.kind !== "bar") return [];
  return marks
    .filter((mark, i) => i !== index && isMarked(data, i))
    .map(({ x, y, width, base }) => ({ left: x - width / 2, right: x + width / 2, top: y, bottom: base }));
}

function overlap(one, other) {
  return (
    one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom
  );
}
