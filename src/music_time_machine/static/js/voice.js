/*
 * What a screen reader reads out, for every behaviour that has something to say: one quiet place of the
 * page whose words are read whenever they change.
 */
let place = null;

/** Reads these words out. @param {string} words */
export function say(words) {
  if (place === null) {
    place = document.createElement("p");
    place.className = "unseen";
    place.setAttribute("role", "status");
    document.body.append(place);
  }
  place.textContent = words;
}
