// Pictures from files, the camera, drag and drop, and the clipboard.

import { byId } from "./dom.js";

// Call `take` with each picture that is given to the page.
export function listenForPictures(take) {
  for (const id of ["file", "camera"]) {
    const input = byId(id);
    input.addEventListener("change", () => {
      if (input.files.length) take(input.files[0]);
      // The same file can be chosen again.
      input.value = "";
    });
  }
  document.addEventListener("paste", (event) => {
    const [file] = event.clipboardData?.files ?? [];
    if (file) take(file);
  });
  listenForDrops(take);
}

function listenForDrops(take) {
  const paper = byId("paper");
  const holdsFile = (event) => event.dataTransfer?.types.includes("Files");
  document.addEventListener("dragover", (event) => {
    if (!holdsFile(event)) return;
    event.preventDefault();
    paper.classList.add("is-dropping");
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) paper.classList.remove("is-dropping");
  });
  document.addEventListener("drop", (event) => {
    paper.classList.remove("is-dropping");
    if (!holdsFile(event)) return;
    event.preventDefault();
    if (event.dataTransfer.files.length) take(event.dataTransfer.files[0]);
  });
}

// Return a file as an image that can be drawn, or null where this browser cannot show it.
export async function imageOf(file) {
  try {
    return await createImageBitmap(file, { imageOrientation: "from-image" });
  } catch {
    return null;
  }
}

// Return the image at a data: address.
export async function imageAt(address) {
  const image = new Image();
  image.src = address;
  await image.decode();
  return image;
}
