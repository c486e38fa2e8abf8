// Draws the first view that the document brought along, starts the application, and makes way for it.
(function () {
  "use strict";
  const PATIENCE_MS = 15000;
  const root = document.documentElement;
  const first = document.getElementById("first");
  const application = document.getElementById("application").content;
  const scripts = [...application.querySelectorAll("script")];

  function fetchAhead() {
    for (const script of scripts.filter((one) => one.src)) {
      const link = document.createElement("link");
      Object.assign(link, { rel: "preload", as: "script", href: script.src });
      document.head.append(link);
    }
  }

  function draw() {
    const places = first.querySelectorAll("[data-figure]");
    for (const place of places) {
      if (place === places[0] || place.getBoundingClientRect().top < window.innerHeight) {
        const figure = JSON.parse(place.dataset.figure);
        window.Plotly.newPlot(place, figure.data, figure.layout, { staticPlot: true, responsive: true });
      }
    }
  }

  function copyOf(script) {
    const copy = document.createElement("script");
    for (const attribute of script.attributes) {
      copy.setAttribute(attribute.name, attribute.value);
    }
    copy.textContent = script.textContent;
    return copy;
  }

  // One after another, as if the parser had met them.
  function start(index) {
    if (index === scripts.length) {
      return;
    }
    const next = () => start(index + 1);
    const script = copyOf(scripts[index]);
    const waits = Boolean(script.src);
    script.async = false;
    script.addEventListener("load", next);
    script.addEventListener("error", next);
    document.body.append(script);
    if (!waits) {
      next();
    }
  }

  function isDrawn() {
    const entry = document.getElementById("react-entry-point");
    const places = [...entry.querySelectorAll(".figure")];
    return entry.querySelector("h1") && entry.querySelector(".cards, .empty") &&
      places.every((one) => one.querySelector(".main-svg"));
  }

  function makeWay() {
    watching.disconnect();
    clearTimeout(late);
    first.querySelectorAll(".js-plotly-plot").forEach(window.Plotly.purge);
    first.remove();
    root.classList.remove("starting");
  }

  function giveUp() {
    if (document.getElementById("content")) {
      makeWay();
      return;
    }
    // What is shown stays: it is right, only nothing of it works.
    const status = first.querySelector(".status");
    status.className = "status trouble";
    status.textContent = "This page did not start. Load it again.";
  }

  const watching = new MutationObserver(function () {
    if (isDrawn()) {
      watching.disconnect();
      requestAnimationFrame(makeWay);
    }
  });
  const late = setTimeout(giveUp, PATIENCE_MS);
  root.classList.add("starting");
  draw();
  fetchAhead();
  watching.observe(document.getElementById("react-entry-point"), { childList: true, subtree: true });
  // At once, so that the document counts as loaded when the application is. Each script is a task of
  // its own, and the browser shows what was drawn between two of them.
  start(0);
})();
