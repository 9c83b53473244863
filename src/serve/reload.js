// Loads the page anew when the site has changed, and lays faults over it while there are some.
"use strict";
(() => {
  let version = null;
  const overlay = () => document.getElementById("kiln-faults");
  const show = (faults) => {
    overlay()?.remove();
    if (!faults) return;
    const box = document.createElement("pre");
    box.id = "kiln-faults";
    box.setAttribute("role", "alert");
    box.textContent = faults;
    Object.assign(box.style, {
      position: "fixed", inset: "auto 0 0 0", maxHeight: "60vh", overflow: "auto", margin: "0", zIndex: "1000",
      padding: "1.5rem", background: "#2a1512", color: "#ffe9e2", font: "14px/1.5 ui-monospace, monospace",
      borderTop: "4px solid #d9482b", whiteSpace: "pre-wrap",
    });
    document.body.append(box);
  };
  const events = new EventSource("/__kiln/events");
  events.onmessage = ({ data }) => {
    const news = JSON.parse(data);
    show(news.faults);
    if (version !== null && news.version !== version) location.reload();
    version = news.version;
  };
})();
