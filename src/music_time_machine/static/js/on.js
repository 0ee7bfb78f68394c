/*
 * Travelling from day to day: the left and right arrow keys follow the links to the day before and
 * after, and the slider tells its day while it is moved and goes there when it is let go. The page
 * changes in place (ranges.js); until it has, the links lead on from the day that was asked for, so
 * that three quick steps are three days.
 */

// The slider counts days as the server does: day 1 is the first of the year 1.
const DAY_1970 = 719_163;
const DAY_MS = 86_400_000;
const written = new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeZone: "UTC" });

const keys = { ArrowLeft: "prev", ArrowRight: "next" };
const steps = { prev: -1, next: 1 };

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const way = keys[event.key];
  const isElsewhere = event.target.closest("input, select, textarea, canvas, table, [role], [tabindex='0']");
  const link = way && !isElsewhere && document.querySelector(`[data-days] a[rel=${way}]:not([hidden])`);
  if (!link) return;
  event.preventDefault();
  link.click();
});

// Heard after the region, which has taken the click if the day is to be shown here.
document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-days] a[rel]");
  if (!link || !event.defaultPrevented) return;
  const links = link.closest("[data-days]");
  const slider = document.querySelector("[data-travel-slide] input");
  standAt(links, slider, Number(slider.dataset.day) + steps[link.rel]);
  slider.dataset.day = slider.value;
  if (link.hidden) links.querySelector("a[rel]:not([hidden])")?.focus();
});

/** Starts the links of a page, or its slider. @param {HTMLElement} found */
export function start(found) {
  if (found instanceof HTMLFormElement) followSlider(found);
  else followLinks(found);
}

/** @param {HTMLElement} links */
function followLinks(links) {
  for (const [key, rel] of Object.entries(keys)) {
    links.querySelector(`a[rel=${rel}]`).setAttribute("aria-keyshortcuts", key);
  }
}

/** Lets the links and the slider stand around another day. */
function standAt(links, slider, day) {
  slider.value = day;
  slider.dispatchEvent(new Event("input"));
  for (const [rel, step] of Object.entries(steps)) {
    const link = links.querySelector(`a[rel=${rel}]`);
    const to = dateOf(day + step);
    link.hidden = day + step < slider.min || day + step > slider.max;
    link.href = link.href.replace(/[^/]*$/, to.toISOString().slice(0, 10));
    link.querySelector("[data-day]").textContent = written.format(to);
  }
}

function dateOf(day) {
  return new Date((day - DAY_1970) * DAY_MS);
}

/** @param {HTMLFormElement} form */
function followSlider(form) {
  const slider = form.elements.to;
  const output = form.querySelector("output");
  const tell = () => {
    output.value = written.format(dateOf(slider.valueAsNumber));
    slider.setAttribute("aria-valuetext", output.value);
  };
  tell();
  slider.addEventListener("input", tell);
  // By keyboard one goes on step by step, so only Enter and the button lead away from the page.
  slider.addEventListener("pointerup", () => {
    if (slider.value !== slider.defaultValue || slider.value !== slider.dataset.day) form.requestSubmit();
  });
}
