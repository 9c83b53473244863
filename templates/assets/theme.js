// Runs before the first paint, so that a page never flashes in the wrong theme.
"use strict";
try {
  const theme = localStorage.getItem("kiln-theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch { /* Storage may be closed to us: then the system's theme it is. */ }
