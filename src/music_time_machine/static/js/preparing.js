/* A page whose figures are being prepared asks for itself again until they are there. */

const PAUSE = 700;

/** Waits for the page in place of this part. @param {HTMLElement} part */
export function start(part) {
  const again = async () => {
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (!page.querySelector("[data-preparing]")) return location.reload();
    } catch {
      // The server is away for a moment; the next question may find it.
    }
    setTimeout(again, PAUSE);
  };
  setTimeout(again, PAUSE);
}
