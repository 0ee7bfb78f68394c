/*
 * Keeps a piece of the page up to date: every second it asks for the fragment at data-progress-url
 * and puts it in place, until the fragment carries data-done. If data-done holds an address, the page
 * goes there. Without scripts the page refreshes itself instead.
 */
const EVERY_MS = 1000;
const AT_MOST_MS = 15000;
const TOLD_AFTER = 2;
const AWAY = "The server does not answer just now. This page asks again by itself; nothing is lost.";

/** Follows the work that a region shows. @param {HTMLElement} region */
export async function start(region) {
  const voice = paragraph("unseen");
  const note = paragraph("soft");
  region.after(voice, note);
  let failures = 0;
  for (;;) {
    const wait = Math.min(EVERY_MS * 2 ** failures, AT_MOST_MS);
    await new Promise((resume) => setTimeout(resume, wait));
    if (document.hidden) await shown();
    const html = await ask(region.dataset.progressUrl);
    // A server that is away for a moment is asked again, each time a little later.
    failures = html === null ? failures + 1 : 0;
    tell(note, failures >= TOLD_AFTER ? AWAY : "");
    if (html === null) continue;
    show(region, html);
    tell(voice, region.querySelector("[data-announce]")?.dataset.announce ?? "");
    const end = region.querySelector("[data-done]");
    if (end?.dataset.done) location.replace(end.dataset.done);
    if (end) return;
  }
}

function paragraph(look) {
  const made = document.createElement("p");
  made.className = look;
  made.setAttribute("role", "status");
  return made;
}

/** Says something only when it is new: a screen reader reads out every change. */
function tell(place, words) {
  if (words !== place.textContent) place.textContent = words;
}

function shown() {
  return new Promise((resume) => {
    document.addEventListener("visibilitychange", resume, { once: true });
  });
}

/** The fragment as text, or null when it can't be had now. */
async function ask(url) {
  try {
    const response = await fetch(url, { headers: { Accept: "text/html" }, cache: "no-store" });
    // Signed out or gone meanwhile: the whole page says so better than a piece of it.
    if (response.redirected || [401, 404].includes(response.status)) location.reload();
    return response.ok && !response.redirected ? await response.text() : null;
  } catch (failure) {
    if (failure instanceof TypeError) return null;
    throw failure;
  }
}

/** Swaps the content, and gives the focus back to the same button or link if it was inside. */
function show(region, html) {
  const fresh = new DOMParser().parseFromString(html, "text/html").body;
  const focused = region.contains(document.activeElement) ? document.activeElement.id : "";
  region.replaceChildren(...fresh.childNodes);
  if (focused) document.getElementById(focused)?.focus();
}
