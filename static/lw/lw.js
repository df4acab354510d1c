/* Small behaviours bound by data-lw-* attributes. Everything works without them, as whole pages; nothing is bound to one page. */
(function () {
  'use strict';
  var root = document.documentElement;
  var all = function (selector, within) { return Array.prototype.slice.call((within || document).querySelectorAll(selector)); };

  function keep(name, value) {
    document.cookie = name + '=' + value + ';path=/;max-age=31536000;samesite=lax' + (location.protocol === 'https:' ? ';secure' : '');
  }
  function inField(target) {
    return target.closest && target.closest('input:not([type=checkbox]):not([type=radio]),textarea,select,[contenteditable]');
  }

  /* Theme, density, single-letter keys ------------------------------------------------------------ */
  function turnTheme() {
    var theme = root.getAttribute('data-bs-theme') === 'dark' ? 'light' : 'dark';
    root.setAttribute('data-bs-theme', theme);
    keep('lw_theme', theme);
    document.dispatchEvent(new CustomEvent('lw:theme'));
  }
  function setDensity(density) {
    root.dataset.density = density;
    keep('lw_density', density);
    all('[data-lw-density]').forEach(function (b) { b.setAttribute('aria-pressed', String(b.dataset.lwDensity === density)); });
  }
  function keysAreOn() { return !/(?:^|; )lw_keys=off/.test(document.cookie); }

  /* Dialogs and menus ----------------------------------------------------------------------------- */
  function open(id) {
    var dialog = document.getElementById(id);
    if (dialog && !dialog.open) { dialog.showModal(); }
  }
  function closeMenus(but) {
    all('details[data-lw-menu][open]').forEach(function (m) { if (m !== but) { m.open = false; } });
  }

  document.addEventListener('click', function (event) {
    var t = event.target;
    if (!t.closest) { return; }
    closeMenus(t.closest('details[data-lw-menu]'));
    var hit;
    if (t.closest('[data-lw-theme]')) { turnTheme(); }
    else if ((hit = t.closest('[data-lw-density]'))) { setDensity(hit.dataset.lwDensity); }
    else if ((hit = t.closest('[data-lw-open]'))) { closeMenus(null); open(hit.dataset.lwOpen); }
    else if ((hit = t.closest('[data-lw-close]'))) { hit.closest('dialog').close(); }
    else if ((hit = t.closest('[data-lw-dismiss]'))) { hit.closest('[data-lw-toast]').remove(); }
    else if ((hit = t.closest('[data-lw-table]'))) { turnTable(hit); }
    else if ((hit = t.closest('[data-lw-print]'))) { window.print(); }
    else if (t.matches('dialog.drawer, dialog.sheet') && t.open) {
      var box = t.getBoundingClientRect();
      if (event.clientX < box.left || event.clientX > box.right || event.clientY < box.top || event.clientY > box.bottom) { t.close(); }
    }
  });

  function turnTable(button) {
    var figure = button.closest('[data-lw-figure]');
    var table = document.getElementById(button.getAttribute('aria-controls'));
    var shown = table.hidden;
    table.hidden = !shown;
    figure.classList.toggle('as-table', shown);
    button.setAttribute('aria-expanded', String(shown));
  }

  /* Forms ----------------------------------------------------------------------------------------- */
  document.addEventListener('change', function (event) {
    var t = event.target;
    if (t.matches('[data-lw-keys]')) { keep('lw_keys', t.checked ? 'on' : 'off'); return; }
    var form = t.closest('form[data-lw-autosubmit]');
    if (form) { form.requestSubmit(); }
    var list = t.closest('[data-lw-worklist]');
    if (list && t.matches('.ck')) { countSelected(list, t); }
  });

  function countSelected(list, box) {
    var boxes = all('tbody .ck', list);
    if (box.matches('[data-lw-select-all]')) { boxes.forEach(function (b) { b.checked = box.checked; }); }
    var n = boxes.filter(function (b) { return b.checked; }).length;
    all('[data-lw-count]', list).forEach(function (x) { x.textContent = n; });
    all('[data-lw-needs-selection]', list).forEach(function (b) { b.disabled = n === 0; });
  }

  /* Work lists: j k move, x selects, o opens, Enter on a row opens its pane ------------------------- */
  function rowsOf(list) { return all('tbody tr', list); }
  function current(list) { return rowsOf(list).findIndex(function (r) { return r.classList.contains('cur'); }); }
  function mark(list, n, load) {
    var rows = rowsOf(list);
    if (!rows.length) { return; }
    var i = Math.min(rows.length - 1, Math.max(0, n));
    rows.forEach(function (r, k) { r.classList.toggle('cur', k === i); });
    rows[i].scrollIntoView({ block: 'nearest' });
    var link = rows[i].querySelector('.ttl');
    if (load && link) { link.focus({ preventScroll: true }); if (link.hasAttribute('hx-get')) { link.click(); } }
  }
  document.addEventListener('click', function (event) {
    var row = event.target.closest && event.target.closest('[data-lw-worklist] tbody tr');
    if (!row) { return; }
    var list = row.closest('[data-lw-worklist]');
    var link = row.querySelector('.ttl');
    var onControl = event.target.closest('input,a,button,label,summary');
    mark(list, rowsOf(list).indexOf(row), false);
    if (!onControl && link) { link.click(); }
  });

  document.addEventListener('keydown', function (event) {
    if (event.key === 'Escape') { closeMenus(null); return; }
    if (event.metaKey || event.ctrlKey || event.altKey || inField(event.target) || document.querySelector('dialog[open]')) { return; }
    if (!keysAreOn()) { return; }
    if (event.key === '/') {
      var search = document.querySelector('[data-lw-search]');
      if (search) { event.preventDefault(); search.focus(); search.select(); }
      return;
    }
    if (event.key === '?') { open('lw-keys'); return; }
    var own = document.querySelector('[data-lw-key="' + CSS.escape(event.key) + '"]');
    if (own && !own.disabled) { event.preventDefault(); own.click(); return; }
    var list = document.querySelector('[data-lw-worklist]');
    if (!list) { return; }
    var i = current(list);
    var row = rowsOf(list)[Math.max(i, 0)];
    if (event.key === 'j') { mark(list, i + 1, true); }
    else if (event.key === 'k') { mark(list, i - 1, true); }
    else if (event.key === 'x' && row) {
      var box = row.querySelector('.ck');
      if (box) { box.checked = !box.checked; box.dispatchEvent(new Event('change', { bubbles: true })); }
    } else if (event.key === 'o' && row) {
      var link = row.querySelector('[data-lw-row-open]') || row.querySelector('a');
      if (link) { location.assign(link.href); }
    }
  });

  /* Toasts: gone after ten seconds unless they are being read or used ------------------------------- */
  function age(toast) {
    setTimeout(function check() {
      if (!toast.isConnected) { return; }
      if (toast.matches(':hover, :focus-within')) { setTimeout(check, 3000); } else { toast.remove(); }
    }, 10000);
  }
  function say(text) {
    var mould = document.getElementById('lw-toast'), place = document.getElementById('lw-toasts');
    if (!mould || !place) { return; }
    var toast = mould.content.firstElementChild.cloneNode(true);
    toast.querySelector('[data-lw-text]').textContent = text;
    place.appendChild(toast);
    age(toast);
  }
  window.lw = { say: say };

  /* After htmx put in a part: the fault summary or the new heading gets the focus, nothing else moves -- */
  function settle(target) {
    if (!target || !target.querySelector) { return; }
    var place = target.querySelector('[data-lw-focus]');
    if (place) { place.setAttribute('tabindex', '-1'); place.focus({ preventScroll: false }); }
  }
  document.addEventListener('htmx:after:swap', function (event) {
    var ctx = event.detail && event.detail.ctx;
    settle(ctx && ctx.target);
  });
  document.addEventListener('htmx:before:swap', function (event) {
    var ctx = event.detail && event.detail.ctx;
    var status = ctx && ctx.response && ctx.response.status;
    if (status >= 500) { event.preventDefault(); say(document.getElementById('lw-words').dataset.failed); }
  });
  document.addEventListener('htmx:error', function () { say(document.getElementById('lw-words').dataset.offline); });

  all('[data-lw-toast]').forEach(age);
  settle(document.getElementById('main'));
})();
