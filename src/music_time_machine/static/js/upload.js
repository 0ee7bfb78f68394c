/*
 * Makes a plain multipart form comfortable: files may be dropped on it, the chosen ones are listed,
 * and the bytes are counted while they travel. The server answers as it answers the plain form, or
 * with {"success": true, "location": "..."} and {"error": "a sentence"}.
 */
const UNITS = ["bytes", "kB", "MB", "GB"];

/** Upgrades one upload form. @param {HTMLFormElement} form */
export function start(form) {
  const input = form.querySelector("input[type=file]");
  const place = form.querySelector("[data-drop]");
  const parts = { form, input, place, ...addParts(form, place) };
  input.addEventListener("change", () => list(parts));
  if (place) acceptDrops(parts);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(parts);
  });
  // Coming back with the browser's back button, the choice may still be there.
  if (input.files.length > 0) list(parts);
}

function addParts(form, place) {
  const files = document.createElement("ul");
  files.className = "drop-files";
  files.hidden = true;
  (place ?? form).append(files);
  const complaint = document.createElement("p");
  complaint.className = "complaint";
  complaint.setAttribute("role", "alert");
  const travel = document.createElement("div");
  travel.className = "progress";
  travel.hidden = true;
  const words = document.createElement("p");
  words.className = "progress-words";
  words.append(document.createElement("span"), document.createElement("span"));
  const bar = document.createElement("progress");
  bar.max = 1;
  bar.setAttribute("aria-label", "Upload");
  travel.append(words, bar);
  form.append(complaint, travel);
  return { files, complaint, travel, bar, words, button: form.querySelector("[type=submit]") };
}

function acceptDrops({ form, input, place, ...rest }) {
  const over = (is) => (event) => {
    event.preventDefault();
    place.classList.toggle("is-over", is);
  };
  place.addEventListener("dragenter", over(true));
  place.addEventListener("dragover", over(true));
  place.addEventListener("dragleave", (event) => {
    if (!place.contains(event.relatedTarget)) over(false)(event);
  });
  place.addEventListener("drop", (event) => {
    over(false)(event);
    if (rest.button.disabled || event.dataTransfer.files.length === 0) return;
    input.files = event.dataTransfer.files;
    list({ form, input, place, ...rest });
  });
}

function list({ input, files, complaint }) {
  const rows = [...input.files].map((file) => {
    const row = document.createElement("li");
    const [name, size] = [document.createElement("span"), document.createElement("span")];
    name.textContent = file.name;
    size.textContent = bytes(file.size);
    row.append(name, size);
    return row;
  });
  // One file is already named by the browser, beside its button.
  files.hidden = rows.length < 2;
  files.replaceChildren(...rows);
  complaint.textContent = tooLarge(input);
}

/** A sentence when the files are more than the server takes (data-max-bytes), else nothing. */
function tooLarge(input) {
  const most = Number(input.dataset.maxBytes || Infinity);
  const total = [...input.files].reduce((sum, file) => sum + file.size, 0);
  if (total <= most) return "";
  return `That is ${bytes(total)}, and this server takes ${bytes(most)} at a time. Choose fewer files.`;
}

function send({ form, input, complaint, travel, bar, words, button }) {
  complaint.textContent = tooLarge(input);
  if (complaint.textContent) return;
  const request = new XMLHttpRequest();
  const stop = (sentence) => {
    complaint.textContent = sentence;
    travel.hidden = true;
    button.disabled = false;
  };
  request.upload.addEventListener("progress", ({ loaded, total }) => {
    bar.value = loaded / total;
    words.firstChild.textContent = loaded < total ? "Uploading" : "Uploaded, being read";
    words.lastChild.textContent = `${bytes(loaded)} of ${bytes(total)}`;
  });
  request.upload.addEventListener("load", () => bar.removeAttribute("value"));
  request.addEventListener("load", () => finish(request, stop));
  request.addEventListener("error", () =>
    stop("The connection broke before the file was through. Send it again: nothing was stored."),
  );
  request.open(form.method, form.action);
  request.setRequestHeader("Accept", "application/json, text/html;q=0.9");
  words.firstChild.textContent = "Uploading";
  travel.hidden = false;
  button.disabled = true;
  request.send(new FormData(form));
}

/** Follows the answer to the next page, or shows the sentence that says why there is none. */
function finish(request, stop) {
  const answer = json(request);
  const isFine = request.status >= 200 && request.status < 300;
  if (isFine && (answer === null || answer.success)) {
    location.assign(answer?.location ?? request.responseURL);
    return;
  }
  stop(answer?.error ?? `The server did not take the upload (${request.status}). Try again in a moment.`);
}

/** The answer as an object, or null when it is a page. */
function json(request) {
  const kind = request.getResponseHeader("Content-Type") ?? "";
  return kind.startsWith("application/json") ? JSON.parse(request.responseText) : null;
}

/** A size for people: "12.4 MB". */
function bytes(count) {
  const step = Math.min(Math.floor(Math.log10(Math.max(count, 1)) / 3), UNITS.length - 1);
  const number = new Intl.NumberFormat("en", { maximumFractionDigits: step < 2 ? 0 : 1 });
  return `${number.format(count / 1000 ** step)} ${UNITS[step]}`;
}
