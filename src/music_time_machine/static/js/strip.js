/*
 * Walks a calendar of months by keyboard: the whole table is one stop of the tab key, and from there
 * the arrows, Home and End lead from month to month. The style sheet shows the words of the one in
 * focus; a month with plays is a link, which Enter follows.
 */

/** Makes one table walkable. @param {HTMLElement} table */
export function start(table) {
  const cells = [...table.querySelectorAll("td[tabindex]")];
  const months = cells.map((cell) => cell.querySelector("a") ?? cell);
  months.forEach((month) => (month.tabIndex = -1));
  let here = months.at(-1);
  if (here) here.tabIndex = 0;

  table.addEventListener("focusin", ({ target }) => {
    const month = months[cells.indexOf(target.closest("td"))];
    if (!month) return;
    here.tabIndex = -1;
    here = month;
    here.tabIndex = 0;
  });

  table.addEventListener("keydown", (event) => {
    const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -12, ArrowDown: 12 };
    const at = months.indexOf(here);
    const next = { Home: months[0], End: months.at(-1) }[event.key] ?? months[at + steps[event.key]];
    if (!next) return;
    event.preventDefault();
    next.focus();
  });
}
