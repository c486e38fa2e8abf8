// Starts the application behind the first view that the document brought along, and makes way for it.
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

  // The application keeps the browser busy for a second: what is there is shown before that. A page
  // in the background is shown to nobody and has no frames; it starts all the same.
  function onceSeen(then) {
    let waiting = true;
    const go = function () {
      if (waiting) {
        waiting = false;
        then();
      }
    };
    requestAnimationFrame(() => setTimeout(go));
    setTimeout(go, document.hidden ? 0 : 1000);
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
  fetchAhead();
  watching.observe(document.getElementById("react-entry-point"), { childList: true, subtree: true });
  onceSeen(() => start(0));
})();
