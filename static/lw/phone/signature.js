/* A signature by finger; whoever can't or won't draw types the name. The picture is kept at the end of each stroke. */
import { h, icon, s, say, show } from './dom.js';
import { addressOf, giveBack } from './camera.js';
import { oneByOne } from './boxes.js';
import { clock, t } from './words.js';

const WIDE = 340, HIGH = 108, SHARP = 3;

function drawing(strokes) {
  const canvas = document.createElement('canvas');
  canvas.width = WIDE * SHARP; canvas.height = HIGH * SHARP;
  const pen = canvas.getContext('2d');
  pen.fillStyle = '#fff';
  pen.fillRect(0, 0, canvas.width, canvas.height);
  Object.assign(pen, { strokeStyle: '#17202B', lineWidth: 2.2 * SHARP, lineCap: 'round', lineJoin: 'round' });
  strokes.forEach(stroke => {
    pen.beginPath();
    stroke.forEach(([x, y], place) => (place ? pen.lineTo(x * SHARP, y * SHARP) : pen.moveTo(x * SHARP, y * SHARP)));
    if (stroke.length === 1) { pen.lineTo(stroke[0][0] * SHARP + 0.1, stroke[0][1] * SHARP); }
    pen.stroke();
  });
  return new Promise(done => canvas.toBlob(done, 'image/png')).then(blob => blob.arrayBuffer());
}
const pathOf = stroke => `M${stroke.map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`).join('L')}`;

/** Pad and name. code: of the point; name(sheet) reads and setName(sheet, text) keeps the typed name. */
export function pad(ctx, first, { code, label, name, setName }) {
  let sheet = first, strokes = [], shownFile = '';
  const own = () => sheet.files.filter(file => file.code === code && file.what === 'signature');
  const board = s('svg', { class: 'sig', viewBox: `0 0 ${WIDE} ${HIGH}`, role: 'img', 'aria-label': t('signature_board', { label }), preserveAspectRatio: 'none' });
  const base = s('line', { x1: 24, x2: WIDE - 24, y1: 90, y2: 90, class: 'base' });
  const picture = h('img.sig', { alt: t('signature_picture', { label }), hidden: true });
  const state = h('span.muted', {});
  const clear = h('button.bt.lg', { type: 'button', onclick: () => wipe() }, icon('eraser', 14), t('signature_clear'));
  const key = `sign-${code}`;
  const typed = h('input.in.t16', { id: key, autocomplete: 'off', maxlength: '80', value: name(first) || '' });
  const keepName = oneByOne(text => ctx.sheets.change(sheet.client_id, kept => setName(kept, text)));
  typed.addEventListener('input', () => keepName(typed.value.trim()));
  const keepDrawing = oneByOne(async drawn => {
    sheet = await ctx.sheets.get(sheet.client_id) || sheet;
    const instead = own().map(file => file.id);
    const kept = await ctx.sheets.addFile(sheet.client_id, { code, what: 'signature', type: 'image/png', bytes: await drawing(drawn), instead });
    if (!kept) { return; }
    instead.forEach(giveBack);
    shownFile = kept.id;
    say(t('signature_kept', { at: clock(kept.taken_at) }));
  });

  function place(event) {
    const box = board.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width * WIDE, (event.clientY - box.top) / box.height * HIGH];
  }
  let path = null;
  board.addEventListener('pointerdown', event => {
    if (event.button) { return; }
    event.preventDefault();
    board.setPointerCapture(event.pointerId);
    strokes.push([place(event)]);
    path = s('path', { d: pathOf(strokes[strokes.length - 1]) });
    board.append(path);
  });
  board.addEventListener('pointermove', event => {
    if (!path) { return; }
    strokes[strokes.length - 1].push(place(event));
    path.setAttribute('d', pathOf(strokes[strokes.length - 1]));
  });
  const end = () => { if (path) { path = null; keepDrawing(strokes.slice()); } };
  board.addEventListener('pointerup', end);
  board.addEventListener('pointercancel', end);

  async function wipe() {
    strokes = [];
    shownFile = '';
    for (const file of own()) { giveBack(file.id); await ctx.sheets.removeFile(sheet.client_id, file.id); }
    show(board, base);
    sheet = await ctx.sheets.get(sheet.client_id) || sheet;
    update(sheet);
    say(t('signature_gone'));
  }
  function update(now) {
    sheet = now;
    const file = own()[0];
    state.textContent = file ? t('signature_at', { at: clock(file.taken_at) }) : t('signature_finger');
    clear.hidden = !file || sheet.finished;
    const stored = Boolean(file) && !strokes.length;
    picture.hidden = !stored;
    board.toggleAttribute('hidden', stored);
    if (stored && shownFile !== file.id) { shownFile = file.id; addressOf(ctx, file).then(address => { picture.src = address; }); }
    if (document.activeElement !== typed) { typed.value = name(sheet) || ''; }
  }
  show(board, base);
  update(first);
  const node = h('div', {}, board, picture, h('div.row-f.between.mt8.t13', {}, state, clear),
    h('label.lb.mt8', { for: key }, t('signature_name')), typed);
  return { node, update };
}
