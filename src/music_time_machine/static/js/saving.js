/*
 * Keeps a figure as a picture: a button beside its other downloads saves a PNG with the card's title and
 * caption and the stretch of time above, on the paper that one sees.
 */
const MARGIN = 24;
const NARROWEST = 360;

/**
 * Puts the button there. `paint` gives the figure as an image, and how many of its pixels make one of
 * the page's.
 * @param {HTMLElement} figure
 * @param {() => Promise<{image: HTMLCanvasElement | ImageBitmap, scale: number}>} paint
 */
export function offer(figure, paint) {
  const list = figure?.querySelector("[data-downloads]");
  if (!list) return;
  const button = document.createElement("button");
  button.type = "button";
  button.title = "Save as PNG";
  button.append(unseen(`Save ${list.dataset.downloads} as `), "PNG");
  button.addEventListener("click", async () => {
    const picture = framed(figure, await paint());
    picture.toBlob((file) => save(file, `${list.dataset.file}.png`), "image/png");
  });
  const item = document.createElement("li");
  item.append(button);
  list.prepend(item);
}

function unseen(words) {
  const span = document.createElement("span");
  span.className = "unseen";
  span.textContent = words;
  return span;
}

function save(file, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  // The browser still reads it; a minute is more than it needs.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** The figure under its title and caption, with a margin all around. */
function framed(figure, { image, scale }) {
  const card = figure.closest("section") ?? figure;
  const width = Math.max(image.width / scale, NARROWEST);
  const sheet = document.createElement("canvas");
  const ctx = sheet.getContext("2d");
  const title = card.querySelector("h2, h3");
  const caption = card.querySelector(".card-caption");
  const stretch = figure.closest("[data-stretch]")?.dataset.stretch;
  const blocks = [
    [title, title?.textContent],
    [caption, caption?.textContent],
    [caption ?? figure.querySelector("summary, .heat-legend"), stretch],
  ]
    .filter(([look, words]) => look && words)
    .map(([look, words]) => block(ctx, look, words, width));
  const words = blocks.reduce((sum, { lines, height }) => sum + lines.length * height, 0);
  sheet.width = (width + 2 * MARGIN) * scale;
  sheet.height = (words + MARGIN * 3) * scale + image.height;
  ctx.scale(scale, scale);
  ctx.fillStyle = getComputedStyle(figure.closest(".card") ?? document.body).backgroundColor;
  ctx.fillRect(0, 0, sheet.width, sheet.height);
  const top = written(ctx, blocks, MARGIN);
  ctx.drawImage(image, MARGIN, top + MARGIN, image.width / scale, image.height / scale);
  return sheet;
}

/** Words cut into lines, in the font and the colour that an element has. */
function block(ctx, look, words, width) {
  const { fontStyle, fontWeight, fontSize, fontFamily, color } = getComputedStyle(look);
  const font = `${fontStyle} ${fontWeight} ${fontSize} ${fontFamily}`;
  ctx.font = font;
  const lines = [""];
  for (const word of words.trim().split(/\s+/)) {
    const longer = `${lines.at(-1)} ${word}`.trim();
    if (lines.at(-1) && ctx.measureText(longer).width > width) lines.push(word);
    else lines[lines.length - 1] = longer;
  }
  return { lines, font, color, height: Math.round(parseFloat(fontSize) * 1.45) };
}

/** Writes the blocks one under the other; where the last line ends. */
function written(ctx, blocks, top) {
  ctx.textBaseline = "top";
  for (const { lines, font, color, height } of blocks) {
    ctx.font = font;
    ctx.fillStyle = color;
    for (const line of lines) {
      ctx.fillText(line, MARGIN, top);
      top += height;
    }
  }
  return top;
}
