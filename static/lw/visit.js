/* The inspection form: saves each answer when it is given, sends photos, takes the position. Without this script the page's own buttons do the same. */
(function () {
  'use strict';
  var form = document.querySelector('form[data-lw-visit]');
  var sync = document.querySelector('[data-lw-sync]');
  var token = document.querySelector('input[name=csrfmiddlewaretoken]');
  var all = function (selector, within) { return Array.prototype.slice.call((within || document).querySelectorAll(selector)); };

  /* One after another, so that an older answer never overtakes a newer one. */
  var line = Promise.resolve();
  function send(url, body) {
    body.append('csrfmiddlewaretoken', token.value);
    var sent = line.then(function () {
      return fetch(url, { method: 'POST', body: body, credentials: 'same-origin', headers: { Accept: 'application/json, text/html' } });
    }).then(function (answer) {
      /* A log-in page in place of an answer means the session has ended: nothing was stored. */
      if (answer.redirected || answer.status >= 500 || answer.status === 403) { throw new Error('not stored'); }
      return answer;
    });
    line = sent.catch(function () {});
    return sent;
  }
  function say(text, state) {
    if (!sync) { return; }
    sync.dataset.state = state;
    sync.querySelector('[data-lw-sync-text]').textContent = text;
  }

  /* Answers ----------------------------------------------------------------------------------------- */
  function save(question) {
    var body = new FormData();
    all('[name^="a-"]:checked, [name^="a-"]:not([type=radio]), [name^="n-"]', question).forEach(function (field) { body.append(field.name, field.value); });
    say(sync.dataset.saving, 'sending');
    send(form.dataset.lwVisit, body).then(function (answer) { return answer.json().then(function (told) { return [answer, told]; }); }).then(function (pair) {
      if (!pair[0].ok) { say(pair[1].detail || sync.dataset.failed, 'offline'); return; }
      stand(pair[1], question);
    }).catch(function () { say(sync.dataset.failed, 'offline'); });
  }
  function stand(told, question) {
    say(told.saved, 'saved');
    all('[data-lw-progress]').forEach(function (place) { place.textContent = told.progress; });
    all('[data-lw-section]').forEach(function (place) { place.textContent = told.sections[place.dataset.lwSection] || place.textContent; });
    all('[data-lw-question]', form).forEach(function (box) { box.hidden = told.shown.indexOf(box.dataset.lwQuestion) < 0; });
    var code = question.dataset.lwQuestion, error = told.errors[code] || '';
    var place = document.getElementById('e-' + code);
    place.querySelector('[data-lw-error]').textContent = error;
    place.hidden = !error;
    var field = document.getElementById('a-' + code);
    if (field) { if (error) { field.setAttribute('aria-invalid', 'true'); } else { field.removeAttribute('aria-invalid'); } }
    var note = question.querySelector('[data-lw-note]');
    if (note && told.failed.indexOf(code) >= 0) { note.open = true; }
  }

  /* Photos ------------------------------------------------------------------------------------------ */
  function sendPhoto(field) {
    var body = new FormData();
    body.append('photo', field.files[0]);
    say(sync.dataset.saving, 'sending');
    send(field.dataset.lwPhoto, body).then(function (answer) {
      var kind = answer.headers.get('Content-Type') || '';
      if (!answer.ok) {
        return (kind.indexOf('json') > 0 ? answer.json() : Promise.resolve({})).then(function (told) { say(told.detail || sync.dataset.photoFailed, 'offline'); });
      }
      return answer.text().then(function (html) {
        var mould = document.createElement('template');
        mould.innerHTML = html;
        var fresh = mould.content.firstElementChild;
        var question = field.closest('[data-lw-question]');
        field.closest('[data-lw-shots]').replaceWith(fresh);
        save(question);
      });
    }).catch(function () { say(sync.dataset.photoFailed, 'offline'); });
    field.value = '';
  }

  if (form) {
    form.addEventListener('change', function (event) {
      var field = event.target;
      if (field.dataset.lwPhoto) { if (field.files.length) { sendPhoto(field); } return; }
      var question = field.closest('[data-lw-question]');
      if (question) { save(question); }
    });
  }

  /* Position ---------------------------------------------------------------------------------------- */
  function offerPosition() {
    var button = document.querySelector('[data-lw-locate]');
    if (!button || !navigator.geolocation) { return; }
    button.hidden = false;
    button.addEventListener('click', function () {
      button.disabled = true;
      navigator.geolocation.getCurrentPosition(function (found) {
        var body = new FormData();
        body.append('latitude', found.coords.latitude.toFixed(6));
        body.append('longitude', found.coords.longitude.toFixed(6));
        body.append('accuracy', found.coords.accuracy.toFixed(1));
        send(button.dataset.lwLocate, body).then(function (answer) {
          if (!answer.ok) { throw new Error('not stored'); }
          return answer.text();
        }).then(function (html) {
          var mould = document.createElement('template');
          mould.innerHTML = html;
          document.querySelector('[data-lw-position]').replaceWith(mould.content.firstElementChild);
          offerPosition();
        }).catch(function () { button.disabled = false; say(sync.dataset.failed, 'offline'); });
      }, function () {
        var place = document.querySelector('[data-lw-locate-error]');
        place.textContent = sync.dataset.noPosition;
        place.hidden = false;
        button.disabled = false;
      }, { enableHighAccuracy: true, timeout: 20000, maximumAge: 0 });
    });
  }
  offerPosition();
})();
