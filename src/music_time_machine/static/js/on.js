/*
 * Travelling from day to day: the left and right arrow keys follow the links to the day before and
 * after, and the slider tells its day while it is moved and goes there when it is let go.
 */

// The slider counts days as the server does: day 1 is the first of the year 1.
const DAY_1970 = 719_163;
const DAY_MS = 86_400_000;
const written = new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeZone: "UTC" });

const keys = { ArrowLeft: "prev", ArrowRight: "next" };

/** Starts the links of a page, or its slider. @param {HTMLElement} found */
export function start(found) {
  if (found instanceof HTMLFormElement) followSlider(found);
  else followKeys(found);
}

/** @param {HTMLElement} links */
function followKeys(links) {
  for (const [key, rel] of Object.entries(keys)) {
    links.querySelector(`a[rel=${rel}]`)?.setAttribute("aria-keyshortcuts", key);
  }
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const way = keys[event.key];
    const isElsewhere = event.target.closest("input, select, textarea, canvas, table, [role], [tabindex='0']");
    const link = way && !isElsewhere && links.querySelector(`a[rel=${way}]`);
    if (!link) return;
    event.preventDefault();
    link.click();
  });
}

/** @param {HTMLFormElement} form */
function followSlider(form) {
  const slider = form.elements.to;
  const output = form.querySelector("output");
  const began = slider.value;

  const tell = () => {
    output.value = written.format((slider.valueAsNumber - DAY_1970) * DAY_MS);
    slider.setAttribute("aria-valuetext", output.value);
  };
  tell();
  slider.addEventListener("input", tell);
  // By keyboard one goes on step by step, so only Enter and the button lead away from the page.
  slider.addEventListener("pointerup", () => slider.value !== began && form.requestSubmit());
}
