// Runs before the first paint, so that a page never flashes in the wrong theme.
try {
  const theme = localStorage.getItem("kiln-theme");
  if (theme) document.documentElement.dataset.theme = theme;
} catch { /* Storage may be closed to us; the system's theme is good enough. */ }
