/*
 * Keeps "Now playing" fresh: asks for the fragment at data-now-playing-url when the page is opened and
 * every minute while somebody looks at it. Without scripts the page shows what the worker saw last.
 */
const EVERY_MS = 60000;

/** Follows what plays. @param {HTMLElement} region */
export async function start(region) {
  for (;;) {
    if (document.hidden) await shown();
    const fresh = await ask(region.dataset.nowPlayingUrl);
    if (fresh) region.replaceChildren(...fresh.childNodes);
    await new Promise((resume) => setTimeout(resume, EVERY_MS));
  }
}

function shown() {
  return new Promise((resume) => {
    document.addEventListener("visibilitychange", resume, { once: true });
  });
}

/** The region as the server sees it now, or null when it can't be had: then the old one stays. */
async function ask(url) {
  try {
    const response = await fetch(url, { headers: { Accept: "text/html" }, cache: "no-store" });
    if (!response.ok || response.redirected) return null;
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    return page.querySelector("[data-now-playing-url]");
  } catch (failure) {
    if (failure instanceof TypeError) return null;
    throw failure;
  }
}
