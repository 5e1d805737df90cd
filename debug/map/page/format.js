// SPDX-License-Identifier: MIT
// Numbers as text, and elements: nothing here knows of heaps.

const $ = (id) => document.getElementById(id);

/// An element with attributes and children; text is always text, never markup.
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "style") element.style.cssText = value;
    else if (value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

const count = d3.format(",");
const plural = (n, one, many = one + "s") => `${count(n)} ${n === 1 ? one : many}`;
const signed = (text, n) => (n > 0 ? "+" : n < 0 ? "−" : "±") + text;

function bytes(n) {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0;
  while (n >= 1024 && unit + 1 < units.length) n /= 1024, ++unit;
  return `${unit === 0 || n >= 100 ? Math.round(n) : +n.toFixed(n >= 10 ? 1 : 2)} ${units[unit]}`;
}
const signedBytes = (n) => signed(bytes(Math.abs(n)), n);
const signedCount = (n) => signed(count(Math.abs(n)), n);

function percent(part, whole) {
  if (whole === 0) return "–";
  const p = (100 * part) / whole;
  return p > 0 && p < 1 ? "< 1 %" : p > 99 && p < 100 ? "> 99 %" : `${Math.round(p)} %`;
}

/// "f /a/long/way/file.c:7" without the way.
const withoutFolders = (text) => text.replace(/[^\s(]*\/(?=\S)/g, "");

const hex = (address) => "0x" + address.toString(16);

function instant(ms) {
  return ms > 0 ? new Date(ms).toLocaleString([], { dateStyle: "medium", timeStyle: "medium" }) : "";
}
function elapsed(ms) {
  const s = ms / 1000;
  return s < 1 ? `${Math.round(ms)} ms` : s < 120 ? `${+s.toFixed(1)} s` : s < 7200 ? `${Math.floor(s / 60)}:${String(Math.round(s % 60)).padStart(2, "0")} min` : `${+(s / 3600).toFixed(1)} h`;
}
