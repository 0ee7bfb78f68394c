/*
 * Keeps a piece of the page up to date: every second it asks for the fragment at data-progress-url
 * and puts it in place, until the fragment carries data-done. If data-done holds an address, the page
 * goes there. Without scripts the page refreshes itself instead.
 */
const EVERY_MS = 1000;
const AT_MOST_MS = 15000;

/** Follows the work that a region shows. @param {HTMLElement} region */
export async function start(region) {
  const voice = document.createElement("p");
  voice.className = "unseen";
  voice.setAttribute("role", "status");
  region.after(voice);
  let wait = EVERY_MS;
  for (;;) {
    await new Promise((resume) => setTimeout(resume, wait));
    if (document.hidden) await shown();
    const html = await ask(region.dataset.progressUrl);
    // A server that is away for a moment is asked again, each time a little later.
    wait = html === null ? Math.min(wait * 2, AT_MOST_MS) : EVERY_MS;
    if (html === null) continue;
    show(region, html);
    say(voice, region);
    const end = region.querySelector("[data-done]");
    if (end?.dataset.done) location.replace(end.dataset.done);
    if (end) return;
  }
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

/** Tells a screen reader only what is new: the words in data-announce, when they change. */
function say(voice, region) {
  const words = region.querySelector("[data-announce]")?.dataset.announce ?? "";
  if (words !== voice.textContent) voice.textContent = words;
}
