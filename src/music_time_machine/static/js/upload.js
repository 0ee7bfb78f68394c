/*
 * Makes a plain multipart form comfortable: files and folders may be dropped anywhere on the page, the
 * chosen ones are listed and can be taken off again, and the bytes are counted while they travel. The
 * server answers as it answers the plain form, or with {"success": true, "location": "..."} and
 * {"error": "a sentence"}.
 */
const UNITS = ["bytes", "kB", "MB", "GB"];
const BROKEN = "The connection broke before everything was through, so nothing was stored. Send it again.";
const OFFLINE = "You are offline, so nothing was stored. Send it again when the network is back.";
const STOPPED = "Stopped. Nothing was stored.";

/** Upgrades one upload form. @param {HTMLFormElement} form */
export function start(form) {
  const find = (selector) => form.querySelector(selector);
  const parts = {
    form,
    input: find("input[type=file]"),
    place: find("[data-drop]"),
    chosen: find("[data-chosen]"),
    complaint: find("[data-complaint]"),
    travel: find("[data-travel]"),
    send: find("[data-send]"),
    /** @type {File[]} */
    files: [],
    /** @type {XMLHttpRequest | null} */
    request: null,
  };
  parts.input.addEventListener("change", () => choose(parts, [...parts.input.files]));
  parts.travel.querySelector("button").addEventListener("click", () => parts.request?.abort());
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(parts);
  });
  acceptDrops(parts);
  addEventListener("beforeunload", (event) => parts.request && event.preventDefault());
  // Coming back with the browser's back button, the choice may still be there.
  if (parts.input.files.length > 0) choose(parts, [...parts.input.files]);
}

/** Adds files to those chosen before; the same file twice is one. */
function choose(parts, more) {
  const told = ({ name, size, lastModified }) => `${name}/${size}/${lastModified}`;
  const known = new Set(parts.files.map(told));
  parts.files = [...parts.files, ...more.filter((file) => !known.has(told(file)))];
  show(parts);
}

/** Lists the files, and makes the input hold just these. */
function show(parts) {
  const { form, input, chosen, complaint, files } = parts;
  const carrier = new DataTransfer();
  files.forEach((file) => carrier.items.add(file));
  input.files = carrier.files;
  chosen.hidden = files.length === 0;
  chosen.querySelector("[data-sum]").textContent =
    `${files.length === 1 ? "1 file" : `${files.length} files`}, ${bytes(sizeOf(files))}`;
  chosen.querySelector("ul").replaceChildren(...files.map((file) => listed(parts, file)));
  form.querySelector(".complaint:not([data-complaint])")?.remove(); // of an upload before this one
  complaint.textContent = tooMuch(parts);
}

function listed(parts, file) {
  const row = parts.chosen.querySelector("template").content.cloneNode(true).firstElementChild;
  const [name, size, remove] = row.children;
  name.textContent = file.name;
  size.textContent = bytes(file.size);
  remove.title = `Remove ${file.name}`;
  remove.querySelector(".unseen").textContent = remove.title;
  remove.disabled = parts.request !== null;
  remove.addEventListener("click", () => {
    const place = parts.files.indexOf(file);
    parts.files = parts.files.filter((other) => other !== file);
    show(parts);
    const left = parts.chosen.querySelectorAll("li button");
    (left[Math.min(place, left.length - 1)] ?? parts.input).focus();
  });
  return row;
}

function acceptDrops(parts) {
  const light = (is) => parts.place.classList.toggle("is-over", is);
  const hasFiles = ({ dataTransfer }) => dataTransfer?.types.includes("Files");
  document.addEventListener("dragover", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    light(parts.request === null);
  });
  document.addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) light(false);
  });
  document.addEventListener("drop", async (event) => {
    light(false);
    if (!hasFiles(event)) return;
    event.preventDefault();
    if (parts.request !== null) return;
    try {
      choose(parts, await dropped(event.dataTransfer));
      parts.place.scrollIntoView({ block: "nearest" });
    } catch (failure) {
      if (!(failure instanceof DOMException)) throw failure;
      parts.complaint.textContent = "That could not be read. Choose the files themselves instead.";
    }
  });
}

/** What was dropped, with the files of its folders; hidden ones stay behind. */
async function dropped({ items, files }) {
  const entries = [...items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  const found = entries.length ? (await Promise.all(entries.map(filesIn))).flat() : [...files];
  return found.filter((file) => !file.name.startsWith("."));
}

/** @param {FileSystemEntry} entry @returns {Promise<File[]>} */
async function filesIn(entry) {
  if (entry.isFile) return [await new Promise((resolve, reject) => entry.file(resolve, reject))];
  const reader = entry.createReader();
  const inside = [];
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return (await Promise.all(inside.map(filesIn))).flat();
    inside.push(...some); // a browser gives a hundred at a time
  }
}

/** A sentence when the server would not take this much, else nothing. */
function tooMuch({ input, files }) {
  const most = Number(input.dataset.maxBytes || Infinity);
  const mostFiles = Number(input.dataset.maxFiles || Infinity);
  const total = sizeOf(files);
  const large = files.find(({ size }) => size > most);
  if (large) {
    return `${large.name} is ${bytes(large.size)}, and this server takes ${bytes(most)} at a time. Unpack it and send the files inside.`;
  }
  if (total > most) {
    return `That is ${bytes(total)}, and this server takes ${bytes(most)} at a time. Remove some, and send them afterwards.`;
  }
  if (files.length <= mostFiles) return "";
  return `That is ${files.length} files, and this server takes ${mostFiles} at a time. Pack them into one zip.`;
}

function send(parts) {
  const { form, complaint, travel } = parts;
  complaint.textContent = tooMuch(parts);
  if (complaint.textContent) return;
  const [words, count] = travel.querySelectorAll(".progress-words span");
  const bar = travel.querySelector("progress");
  const request = new XMLHttpRequest();
  request.upload.addEventListener("progress", ({ loaded, total }) => {
    bar.value = loaded / total;
    count.textContent = `${bytes(loaded)} of ${bytes(total)}`;
  });
  request.upload.addEventListener("load", () => {
    bar.removeAttribute("value");
    words.textContent = "Uploaded, and being looked at";
  });
  request.addEventListener("load", () => finish(parts, request));
  request.addEventListener("abort", () => stop(parts, STOPPED));
  request.addEventListener("error", async () => stop(parts, await whyBroken(parts.files)));
  request.open(form.method, form.action);
  request.setRequestHeader("Accept", "application/json, text/html;q=0.9");
  bar.value = 0;
  words.textContent = "Uploading";
  count.textContent = "";
  request.send(new FormData(form));
  underWay(parts, request);
}

/** While there is a request its progress stands in the place of the button. */
function underWay(parts, request) {
  const isSending = request !== null;
  const hadFocus = (isSending ? parts.send : parts.travel).contains(document.activeElement);
  parts.request = request;
  parts.travel.hidden = !isSending;
  parts.send.hidden = isSending;
  parts.input.disabled = isSending;
  parts.chosen.querySelectorAll("li button").forEach((each) => (each.disabled = isSending));
  // Not on "Stop": who holds Enter a little too long would stop at once what just began.
  if (hadFocus) (isSending ? parts.travel : parts.send.querySelector("button")).focus();
}

function stop(parts, sentence) {
  underWay(parts, null);
  parts.complaint.textContent = sentence;
}

/** Follows the answer to the next page, or shows the sentence that says why there is none. */
function finish(parts, request) {
  const answer = json(request);
  const isFine = request.status >= 200 && request.status < 300;
  if (isFine && (answer === null || answer.success)) {
    parts.request = null;
    location.assign(answer?.location ?? request.responseURL);
    return;
  }
  const why =
    request.status === 413
      ? "That is more than this server takes at once. Send the files in smaller portions."
      : `The server did not take the upload (${request.status}). Try again in a moment.`;
  stop(parts, answer?.error ?? why);
}

/** Why an upload did not come through: a file that went away looks like a lost network. */
async function whyBroken(files) {
  for (const file of files) {
    try {
      await file.slice(0, 1).arrayBuffer();
    } catch (failure) {
      if (!(failure instanceof DOMException)) throw failure;
      return `${file.name} was moved or changed since you chose it. Remove it and choose it again.`;
    }
  }
  return navigator.onLine ? BROKEN : OFFLINE;
}

/** The answer as an object, or null when it is a page. */
function json(request) {
  const kind = request.getResponseHeader("Content-Type") ?? "";
  return kind.startsWith("application/json") ? JSON.parse(request.responseText) : null;
}

function sizeOf(files) {
  return files.reduce((sum, file) => sum + file.size, 0);
}

/** A size for people: "12.4 MB". */
function bytes(count) {
  const step = Math.min(Math.floor(Math.log10(Math.max(count, 1)) / 3), UNITS.length - 1);
  const number = new Intl.NumberFormat("en", { maximumFractionDigits: step < 2 ? 0 : 1 });
  return `${number.format(count / 1000 ** step)} ${UNITS[step]}`;
}
