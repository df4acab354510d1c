/* A table of counted items, one box a row: as many as are counted, each cell with its name above it. */
import { h, icon, say, show } from './dom.js';
import { oneByOne } from './boxes.js';
import { figureOf } from './rules.js';
import { number, t } from './words.js';

const MOST_ROWS = 200;

/** keep(rows) is called with all rows as typed, at each change; rows may still be unreadable. */
export function itemsTable(point, given, keep) {
  const columns = point.columns || [];
  let rows = (given || []).map(row => ({ ...row }));
  if (!rows.length) { rows = [{}]; }
  const body = h('div.stack', {}), total = h('p.t13.mt8.m-0', {});
  const save = oneByOne(async () => { await keep(rows.map(row => ({ ...row }))); });

  function cell(row, column, line) {
    const id = `i-${point.code}-${line}-${column.code}`;
    const input = h('input.in.t16', {
      id, autocomplete: 'off', maxlength: '200', value: row[column.code] || '', inputmode: column.kind === 'text' ? null : 'decimal',
      class: column.kind === 'text' ? 'in t16' : 'in t16 num',
    });
    input.addEventListener('input', () => { row[column.code] = input.value; save(); });
    return h('div', {}, h('label.lb', { for: id }, column.label), input);
  }
  function draw(focus) {
    show(body, rows.map((row, line) => h('fieldset.item', {}, h('legend.row-f.between', {}, h('span.strong.t13', {}, t('item_number', { number: line + 1 })),
      rows.length > 1 ? h('button.bt.lg.g', { type: 'button', 'aria-label': t('item_remove', { number: line + 1 }), onclick: () => remove(line) }, icon('trash')) : null),
    h('div.cells', {}, columns.map(column => cell(row, column, line))))));
    if (focus) { body.lastElementChild.querySelector('input').focus(); }
  }
  function remove(line) {
    rows.splice(line, 1);
    draw(false);
    save();
    say(t('item_removed', { number: line + 1 }));
  }
  const more = h('button.bt.lg.w.mt8', {
    type: 'button', onclick: () => { if (rows.length < MOST_ROWS) { rows.push({}); draw(true); } },
  }, icon('plus'), t('item_add'));
  draw(false);
  return {
    node: h('div', {}, body, more, total),
    update(value) {
      const summed = columns.some(column => column.kind !== 'text') && value && value.length ? figureOf(point, value) : null;
      total.hidden = summed === null;
      if (summed !== null) {
        const digits = String(summed.units).padStart(summed.scale + 1, '0');
        total.textContent = t('item_sum', { sum: number(summed.scale ? `${digits.slice(0, -summed.scale)}.${digits.slice(-summed.scale)}` : digits) });
      }
    },
  };
}
