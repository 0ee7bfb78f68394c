/*
 * Walks a calendar of months by keyboard: the whole table is one stop of the tab key, and from there
 * the arrows, Home and End lead from month to month. The style sheet shows the words of the one in
 * focus.
 */

/** Makes one table walkable. @param {HTMLElement} table */
export function start(table) {
  const months = [...table.querySelectorAll("td[tabindex]")];
  let here = months.at(-1);
  if (here) here.tabIndex = 0;

  table.addEventListener("focusin", ({ target }) => {
    if (!months.includes(target)) return;
    here.tabIndex = -1;
    here = target;
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
