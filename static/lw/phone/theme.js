/* Runs before paint. The page is the same for everybody, so the theme comes from the reader's own cookie, or from what the system prefers. */
(function () {
  var kept = /(?:^|; )lw_theme=(light|dark)/.exec(document.cookie);
  var dark = kept ? kept[1] === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
  document.documentElement.setAttribute('data-bs-theme', dark ? 'dark' : 'light');
})();
