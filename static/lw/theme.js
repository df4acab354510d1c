/* Runs before paint. The server knows the theme from the cookie; without one, what the reader's system prefers counts. */
(function () {
  var root = document.documentElement;
  if (!root.hasAttribute('data-bs-theme')) {
    root.setAttribute('data-bs-theme', matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light');
  }
})();
