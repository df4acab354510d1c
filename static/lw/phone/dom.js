/* Elements without markup in strings: text is text, so nothing that was typed can become a tag. */
import { facts } from './words.js';

const SVG = 'http://www.w3.org/2000/svg';

function put(node, name, value) {
  if (value === null || value === undefined || value === false) { return; }
  if (name.startsWith('on')) { node.addEventListener(name.slice(2), value); return; }
  if (name === 'value' || name === 'checked' || name === 'disabled' || name === 'hidden') { node[name] = value; return; }
  node.setAttribute(name, value === true ? '' : String(value));
}
function fill(node, children) {
  children.flat(Infinity).forEach(child => {
    if (child !== null && child !== undefined && child !== false) { node.append(child); }
  });
  return node;
}
/** h('button.bt.p', {onclick}, 'Text', icon('send')): an element with classes, attributes, listeners and children. */
export function h(what, attributes, ...children) {
  const [tag, ...classes] = what.split('.');
  const node = document.createElement(tag || 'div');
  if (classes.length) { node.className = classes.join(' '); }
  Object.entries(attributes || {}).forEach(([name, value]) => put(node, name, value));
  return fill(node, children);
}
export function s(tag, attributes, ...children) {
  const node = document.createElementNS(SVG, tag);
  Object.entries(attributes || {}).forEach(([name, value]) => put(node, name, value));
  return fill(node, children);
}
/** A sign of the sprite; sizes 14, 16, 20, 24, 40. */
export function icon(name, size = 16, more = '') {
  const classes = ['ic', size === 16 ? '' : `s${size}`, name.startsWith('f-') ? 'fill' : '', more].filter(Boolean).join(' ');
  return s('svg', { class: classes, 'aria-hidden': 'true' }, s('use', { href: `${facts.icons}#i-${name}` }));
}
/** Puts `children` in place of all that `node` holds. */
export function show(node, ...children) {
  node.replaceChildren();
  return fill(node, children);
}
/** Says something to screen readers without moving anything. */
export function say(text) {
  document.getElementById('say').textContent = text;
}
export function alarm(text) {
  const place = document.getElementById('alarm');
  if (place.textContent !== text) { place.textContent = text; }
}
export async function sha256(bytes) {
  return hex(await crypto.subtle.digest('SHA-256', bytes));
}
export function hex(buffer) {
  return Array.from(new Uint8Array(buffer), byte => byte.toString(16).padStart(2, '0')).join('');
}
