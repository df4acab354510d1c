/* The designer of inspection forms. Without this script every part is shown and the page's own buttons do the same. */
const point = document.querySelector('[data-lw-point]');
if (point) {
  const kind = point.querySelector('[name=kind]');
  const filled = (part) => [...part.querySelectorAll('input, textarea')].some((field) => field.value && field.type !== 'checkbox');
  /* Only what the kind of answer can have is shown; what was written stays, and is left out when the kind has no use for it. */
  const show = () => point.querySelectorAll('[data-lw-kind]').forEach((part) => {
    const named = part.dataset.lwKind.split(' ');
    part.hidden = !named.includes(kind.value) && (part.matches('.grid') || !filled(part) || part.dataset.lwKind !== 'yes_no choice');
  });
  kind.addEventListener('change', show);
  show();
}

/* On trial: what follows from an answer is shown when it is given, without leaving the place. */
const trial = document.querySelector('[data-lw-try]');
if (trial) {
  let asked = 0;
  trial.addEventListener('change', async (event) => {
    const mine = ++asked;
    const answer = await fetch(trial.action, { method: 'POST', body: new FormData(trial), credentials: 'same-origin' });
    if (!answer.ok || mine !== asked) { return; }
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    const fresh = page.querySelector('[data-lw-try]');
    if (!fresh) { return; }
    const at = event.target.id || '';
    const name = event.target.name;
    trial.replaceChildren(...fresh.childNodes);
    const back = (at && document.getElementById(at)) || trial.querySelector(`[name="${CSS.escape(name)}"]:checked`) || trial.querySelector(`[name="${CSS.escape(name)}"]`);
    if (back) { back.focus({ preventScroll: true }); }
  });
}
