// Making elements. Text goes in as text, never as HTML.

export const DIGITS = [...Array(10).keys()];

export const byId = (id) => document.getElementById(id);

export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== false) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children);
  return made;
}

export function percent(share) {
  if (share > 0.9995 && share < 1) return "over 99.9 %";
  return `${(100 * share).toFixed(share >= 0.1 ? 1 : 2)} %`;
}
