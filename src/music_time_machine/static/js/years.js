/*
 * The picture of a year: shows the shape that is chosen, and saves it as PNG. The server draws it as
 * SVG; a canvas makes it a PNG. Without scripts the form saves the SVG.
 */

/** @param {HTMLFormElement} form */
export function start(form) {
  const preview = form.querySelector("img");
  const button = form.querySelector("[data-png]");
  const problem = form.querySelector("[data-keepsake-problem]");
  button.hidden = false;
  form.addEventListener("change", () => {
    preview.src = address(form);
    const isWide = new FormData(form).get("shape") === "wide";
    [preview.width, preview.height] = isWide ? [1200, 630] : [1080, 1350];
  });
  button.addEventListener("click", async () => {
    problem.hidden = true;
    try {
      await save(form);
    } catch {
      problem.hidden = false;
    }
  });
}

/** Where the picture with these choices is, not as a download. */
function address(form) {
  const choices = new URLSearchParams(new FormData(form));
  choices.delete("download");
  return `${form.action}?${choices}`;
}

async function save(form) {
  const picture = new Image();
  picture.src = address(form);
  await picture.decode();
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [picture.naturalWidth, picture.naturalHeight];
  canvas.getContext("2d").drawImage(picture, 0, 0);
  const file = await new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
  if (!file) throw new Error("no picture");
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = `${form.dataset.keepsake}-${new FormData(form).get("shape")}.png`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
