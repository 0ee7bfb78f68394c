/*
 * Tells the server, once, in which time zone the reader's days begin. The form is on the page only
 * while the server does not know.
 */

/** Fills the form's hidden field and sends it. @param {HTMLFormElement} form */
export async function start(form) {
  const zone = new Intl.DateTimeFormat().resolvedOptions().timeZone;
  const field = form.querySelector("input[name=time_zone]");
  if (!zone || !field) return;
  field.value = zone;
  form.removeAttribute("data-time-zone");
  try {
    const response = await fetch(form.action, {
      method: "POST",
      body: new FormData(form),
      headers: { Accept: "application/json" },
    });
    await response.text(); // a connection is free for others only when its answer was read
  } catch (failure) {
    // Offline for a moment: the form comes with the next page, and so does the next try.
    if (!(failure instanceof TypeError)) throw failure;
  }
}
