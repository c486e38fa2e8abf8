// What happens in the browser alone: the URL and the filters, new results, pictures, light and dark.
(function () {
  "use strict";
  const MANY = ["fleet", "host", "os", "benchmark", "model", "quant", "backend", "status", "tag"];
  const SINGLE = ["workload", "metric", "sort", "group", "from", "to"];
  const KEPT = ["show", "mix", "print"];
  const none = () => window.dash_clientside.no_update;
  const set = (id, props) => window.dash_clientside.set_props(id, props);
  const control = (name) => ({ type: "filter", name: name });
  const filled = {}; // what each control was last set to by the URL
  const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

  function valueOf(parameters, name) {
    if (MANY.includes(name)) {
      return parameters.getAll(name).filter(Boolean);
    }
    return parameters.get(name) || (name === "from" || name === "to" ? "" : null);
  }

  // A control drops a value that is none of its options; one in the URL stays, even if unknown.
  function optionsWith(name, value) {
    if (name === "from" || name === "to") {
      return {};
    }
    const api = window.dash_component_api;
    const known = (api && api.getLayout && api.getLayout(control(name))) || {};
    const options = (known.props && known.props.options) || [];
    const values = options.map((one) => (typeof one === "object" ? one.value : one));
    const missing = [].concat(value || []).filter((one) => !values.includes(one));
    return missing.length ? { options: options.concat(missing) } : {};
  }

  const empty = (value) => (Array.isArray(value) && value.length === 0 ? null : value || null);

  function shownBy(name) {
    const api = window.dash_component_api;
    const known = (api && api.getLayout && api.getLayout(control(name))) || {};
    return empty(known.props && known.props.value);
  }

  function searchOf(values, before) {
    const old = new URLSearchParams(before || "");
    const made = new URLSearchParams();
    for (const name of MANY) {
      for (const value of values[name] || []) {
        made.append(name, value);
      }
    }
    for (const name of SINGLE) {
      if (values[name]) {
        made.set(name, values[name]);
      }
    }
    for (const name of KEPT) {
      if (old.get(name)) {
        made.set(name, old.get(name));
      }
    }
    const text = made.toString();
    return text ? "?" + text : "";
  }

  const sorted = (search) => {
    const pairs = [...new URLSearchParams(search || "")].filter((pair) => pair[0] !== "page");
    return JSON.stringify(pairs.sort());
  };

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.vttbench = {
    controlsFromUrl: function (search) {
      const parameters = new URLSearchParams(search || "");
      for (const name of [...MANY, ...SINGLE]) {
        filled[name] = valueOf(parameters, name);
      }
      for (const name of [...MANY, ...SINGLE]) {
        // Each setting has every component looked at: what stands there already is left alone.
        if (!same(shownBy(name), empty(filled[name]))) {
          set(control(name), Object.assign({ value: filled[name] }, optionsWith(name, filled[name])));
        }
      }
      return none();
    },

    urlFromControls: function (values, search) {
      // A control that says what it was filled with has not been touched by anybody.
      const touched = {};
      for (const one of window.dash_clientside.callback_context.triggered || []) {
        const name = (/"name":"(\w+)"/.exec(one.prop_id) || [])[1];
        if (name in filled && !same(one.value || null, filled[name] || null)) {
          touched[name] = one.value;
        }
      }
      if (Object.keys(touched).length === 0) {
        return none();
      }
      const wanted = searchOf(Object.assign({}, filled, touched), search);
      if (sorted(wanted) !== sorted(search)) {
        set("url", { search: wanted });
      }
      return none();
    },

    openPoint: function () {
      const triggered = window.dash_clientside.callback_context.triggered[0];
      const point = triggered && triggered.value && triggered.value.points[0];
      const target = point && (Array.isArray(point.customdata) ? point.customdata[0] : point.customdata);
      if (typeof target === "string" && target.startsWith("/")) {
        go(target);
      }
      return none();
    },

    nameWindow: function () {
      window.requestAnimationFrame(function () {
        const heading = document.querySelector("h1");
        document.title = (heading ? heading.textContent + " – " : "") + "vttbench";
      });
      return none();
    },

    tick: async function (_count, version) {
      let answer;
      try {
        const response = await fetch("/state", { cache: "no-store" });
        if (!response.ok) {
          throw new Error(response.status);
        }
        answer = await response.json();
      } catch (error) {
        return [none(), "The dashboard does not answer. What you see stays; it looks again every 2 seconds.", "status trouble"];
      }
      const news = same(answer.version, version) ? none() : answer.version;
      return [news, answer.text, "status " + answer.level];
    },
  };

  // Shows another view without loading the page anew.
  function go(target) {
    const link = new URL(target, location.origin);
    set("url", { pathname: link.pathname, search: link.search });
  }

  // Tables come as HTML in an attribute: one component instead of one for each cell.
  function fill(element) {
    element.innerHTML = element.dataset.html;
  }

  function fillAll(mutations) {
    for (const one of mutations) {
      if (one.type === "attributes") {
        fill(one.target);
      }
      for (const node of one.addedNodes) {
        if (node.nodeType === Node.ELEMENT_NODE) {
          if (node.dataset.html !== undefined) {
            fill(node);
          }
          node.querySelectorAll("[data-html]").forEach(fill);
        }
      }
    }
  }

  function follow(event) {
    const link = event.target.closest("[data-html] a[href^='/']");
    const plain = event.button === 0 && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
    if (link && plain) {
      event.preventDefault();
      go(link.getAttribute("href"));
    }
  }

  function savePicture(button) {
    const card = button.closest(".card");
    const plot = card && card.querySelector(".js-plotly-plot");
    if (!plot || !window.Plotly) {
      return;
    }
    const layout = Object.assign({}, plot.layout, {
      paper_bgcolor: "#ffffff",
      plot_bgcolor: "#ffffff",
      width: 1200,
      height: plot.layout.height,
      autosize: false,
      title: { text: card.querySelector("h2").textContent + " – " + card.querySelector(".summary").textContent.slice(0, 90), font: { size: 14 }, x: 0.01 },
      margin: Object.assign({}, plot.layout.margin, { t: 70 }),
    });
    window.Plotly.downloadImage(
      { data: plot.data, layout: layout },
      { format: button.dataset.picture, width: 1200, height: plot.layout.height + 54, scale: 2, filename: button.dataset.card }
    );
  }

  // The link to the PDF is of the page as it is when somebody goes for it.
  function aimPdf(event) {
    const link = event.target.closest && event.target.closest("#pdf");
    if (link) {
      const query = new URLSearchParams(location.search);
      query.set("of", location.pathname);
      link.href = "/export/page.pdf?" + query.toString();
    }
  }

  function showTheme() {
    const button = document.getElementById("theme");
    const dark = document.documentElement.dataset.theme === "dark";
    if (button) {
      button.textContent = dark ? "Light" : "Dark";
      button.setAttribute("aria-label", dark ? "Light page" : "Dark page");
    }
  }

  document.addEventListener("click", function (event) {
    follow(event);
    const picture = event.target.closest("[data-picture]");
    if (picture) {
      savePicture(picture);
    }
    if (event.target.closest("#theme")) {
      const theme = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
      document.documentElement.dataset.theme = theme;
      try {
        localStorage.setItem("theme", theme);
      } catch (error) {
        // A private window: it holds until the page is left.
      }
      showTheme();
    }
  });
  document.addEventListener("mousedown", aimPdf);
  document.addEventListener("focusin", aimPdf);
  document.addEventListener("submit", (event) => event.preventDefault());
  const waiting = new MutationObserver(function () {
    if (document.getElementById("theme")) {
      waiting.disconnect();
      showTheme();
    }
  });
  new MutationObserver(fillAll).observe(document.documentElement, {
    childList: true, subtree: true, attributes: true, attributeFilter: ["data-html"],
  });
  waiting.observe(document.documentElement, { childList: true, subtree: true });
})();
