// Elements of the document. Whatever is said in them is text: nothing here takes HTML.

const PROPERTIES = { value: true, checked: true, disabled: true, hidden: true };

export function el(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined) continue;
    if (value === false && !key.startsWith("aria-") && !(key in PROPERTIES)) continue;
    if (key === "on") {
      for (const [kind, call] of Object.entries(value)) made.addEventListener(kind, call);
    } else if (key in PROPERTIES) {
      made[key] = value;
    } else {
      const isBare = value === true && !key.startsWith("aria-");
      made.setAttribute(key, isBare ? "" : String(value));
    }
  }
  made.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return made;
}

// A text of others: it may run in either direction.
export function said(name, text, attributes = {}) {
  return el(name, { dir: "auto", ...attributes }, text);
}

// A link to a page of the web; text alone where the address is none. No other scheme is a link.
export function link(address, text) {
  let url = null;
  try {
    url = new URL(address);
  } catch {
    url = null;
  }
  if (!url || !["http:", "https:"].includes(url.protocol) || url.username || url.password) {
    return said("span", text);
  }
  return said("a", text, { href: url.href, rel: "noreferrer noopener", target: "_blank" });
}

export function button(text, call, attributes = {}) {
  return el("button", { type: "button", ...attributes, on: { click: call } }, text);
}

export function field(label, control, note = null) {
  return el("label", { class: "field" }, el("span", {}, label), control, note);
}

export function choice(options, attributes = {}) {
  const made = options.map(([value, text]) => el("option", { value }, text));
  return el("select", attributes, made);
}

// Says something to who hears the page, and shows nothing.
export function tell(text) {
  const place = document.getElementById("said");
  if (place.textContent !== text) place.textContent = text;
}

export function alerted(place, error) {
  place.replaceChildren(el("p", { class: "wrong", role: "alert" }, error.message || String(error)));
}

export function seconds(number) {
  if (number < 60) return `${number.toFixed(1)} s`;
  const whole = Math.round(number);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

export function counted(number, one, several = `${one}s`) {
  return `${number.toLocaleString("en")} ${number === 1 ? one : several}`;
}

export function written(value) {
  if (value === null || value === undefined) return "none";
  return typeof value === "string" ? value : JSON.stringify(value);
}

export function cut(text, most) {
  const letters = [...text];
  return letters.length > most ? `${letters.slice(0, most - 1).join("")}…` : text;
}

export function moment(at) {
  return el("time", { datetime: at }, new Date(at).toLocaleString([], {
    dateStyle: "medium", timeStyle: "short",
  }));
}
