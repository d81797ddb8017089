// Search, selection, pan and zoom of one exported graph. All text is put in as text, never as markup.
"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const view = document.getElementById("view");
  const svg = view.querySelector("svg");
  const box = document.getElementById("query");
  const found = document.getElementById("found");
  const panel = document.getElementById("panel");
  const size = [Number(svg.getAttribute("width")), Number(svg.getAttribute("height"))];
  const MOST_LISTED = 200;
  const incoming = data.nodes.map(() => []);
  const outgoing = data.nodes.map(() => []);
  data.edges.forEach(([source, target], at) => {
    outgoing[source].push(at);
    incoming[target].push(at);
  });
  let hits = [];
  let present = -1;
  let scale = 1;
  let marked = [];

  const element = (key) => document.getElementById(`n${key}`);

  // Search: words must all be in the name; type:, dev:, sub:, prec:, /regex/ and >0.1ms as in ovexplorer.

  const UNITS = { ns: 1, us: 1e3, "µs": 1e3, ms: 1e6, s: 1e9 };

  function test(word) {
    const time = /^([<>])(\d+(?:\.\d+)?)(ns|us|µs|ms|s)?$/.exec(word);
    if (time) {
      const bound = Number(time[2]) * UNITS[time[3] || "ms"];
      return time[1] === ">" ? (node) => node.time > bound : (node) => node.time >= 0 && node.time < bound;
    }
    if (word.length > 2 && word.startsWith("/") && word.endsWith("/")) {
      try {
        const pattern = new RegExp(word.slice(1, -1), "i");
        return (node) => pattern.test(node.name);
      } catch {
        return () => false;
      }
    }
    const colon = word.indexOf(":");
    const value = word.slice(colon + 1).toLowerCase();
    if (colon > 0 && value) {
      switch (word.slice(0, colon)) {
        case "type": return (node) => node.type.toLowerCase().startsWith(value);
        case "dev": return (node) => node.device.toLowerCase() === value;
        case "sub": return (node) => String(node.submodel) === value;
        case "prec": return (node) => node.precision.toLowerCase() === value;
      }
    }
    const plain = word.toLowerCase();
    return (node) => node.name.toLowerCase().includes(plain);
  }

  function search() {
    const tests = (box.value.match(/\/(?:[^/\\]|\\.)+\/|\S+/g) || []).map(test);
    for (const key of hits) element(key).classList.remove("hit");
    hits = tests.length ? data.nodes.map((_, key) => key).filter((key) => tests.every((one) => one(data.nodes[key]))) : [];
    for (const key of hits) element(key).classList.add("hit");
    view.classList.toggle("dim", hits.length > 0);
    present = -1;
    tell();
    step(1);
  }

  function tell() {
    found.textContent = !box.value.trim() ? "" : !hits.length ? "nothing found"
      : `${present + 1} of ${hits.length.toLocaleString("en")}`;
  }

  function step(by) {
    if (!hits.length) return;
    present = (present + by + hits.length) % hits.length;
    tell();
    choose(hits[present]);
  }

  // Selection

  function choose(key) {
    for (const [one, name] of marked) one.classList.remove(name);
    marked = [];
    if (key < 0) {
      overview();
      return;
    }
    mark(element(key), "chosen");
    for (const at of [...incoming[key], ...outgoing[key]]) {
      const [source, target] = data.edges[at];
      const other = source === key ? target : source;
      if (other !== key) mark(element(other), "near");
      const path = document.getElementById(`e${at}`);
      if (path) mark(path, "lit");
    }
    element(key).scrollIntoView({ block: "center", inline: "center" });
    details(key);
  }

  function mark(one, name) {
    one.classList.add(name);
    marked.push([one, name]);
  }

  function make(name, text = "") {
    const one = document.createElement(name);
    one.textContent = text;
    return one;
  }

  function rows(pairs) {
    const table = make("table");
    for (const pair of pairs) {
      const row = make("tr");
      row.append(...pair.map((text) => make("td", text)));
      table.append(row);
    }
    return table;
  }

  function details(key) {
    const node = data.nodes[key];
    panel.replaceChildren(make("h2", node.name), rows(node.told));
    for (const [title, edges, end] of [["comes from", incoming[key], 0], ["goes to", outgoing[key], 1]]) {
      if (!edges.length) continue;
      panel.append(make("h3", `${title} ${edges.length.toLocaleString("en")}`));
      for (const at of edges.slice(0, MOST_LISTED)) {
        const other = data.edges[at][end];
        const button = make("button", [data.nodes[other].name, data.edges[at][2]].filter(Boolean).join(" · "));
        button.addEventListener("click", () => choose(other));
        panel.append(button);
      }
      if (edges.length > MOST_LISTED) panel.append(make("p", `${edges.length - MOST_LISTED} more`));
    }
  }

  function overview() {
    panel.replaceChildren(make("h2", data.title), rows(data.summary));
    if (data.problems.length) panel.append(make("h3", "not understood"), rows(data.problems.map((text) => [text])));
    panel.append(make("h3", "keys"), rows(data.keys));
  }

  // Pan and zoom

  function zoom(to, x = view.clientWidth / 2, y = view.clientHeight / 2) {
    const next = Math.min(8, Math.max(0.02, to));
    const left = (view.scrollLeft + x) / scale;
    const top = (view.scrollTop + y) / scale;
    scale = next;
    svg.setAttribute("width", size[0] * scale);
    svg.setAttribute("height", size[1] * scale);
    view.scrollLeft = left * scale - x;
    view.scrollTop = top * scale - y;
  }

  const fit = () => zoom(Math.min(1, view.clientWidth / size[0], view.clientHeight / size[1]));

  view.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    const area = view.getBoundingClientRect();
    zoom(scale * Math.exp(-event.deltaY / 300), event.clientX - area.left, event.clientY - area.top);
  }, { passive: false });

  let drag = null;
  view.addEventListener("pointerdown", (event) => {
    if (event.button === 0 && event.pointerType === "mouse") {
      drag = { x: event.clientX, y: event.clientY, left: view.scrollLeft, top: view.scrollTop, far: false };
    }
  });
  addEventListener("pointermove", (event) => {
    if (!drag) return;
    const [x, y] = [event.clientX - drag.x, event.clientY - drag.y];
    drag.far = drag.far || Math.abs(x) + Math.abs(y) > 4;
    if (!drag.far) return;
    view.classList.add("moving");
    view.scrollLeft = drag.left - x;
    view.scrollTop = drag.top - y;
  });
  let dragged = false;
  addEventListener("pointerup", () => {
    dragged = Boolean(drag && drag.far);
    drag = null;
    view.classList.remove("moving");
  });
  view.addEventListener("click", (event) => {
    if (dragged) return;
    const group = event.target.closest("g[id]");
    choose(group ? Number(group.id.slice(1)) : -1);
  });

  // Buttons and keys

  const ACTIONS = {
    next: () => step(1), previous: () => step(-1), larger: () => zoom(scale * 1.25), smaller: () => zoom(scale / 1.25),
    whole: fit, real: () => zoom(1),
  };
  for (const [id, action] of Object.entries(ACTIONS)) document.getElementById(id).addEventListener("click", action);
  box.addEventListener("input", search);
  box.addEventListener("keydown", (event) => {
    if (event.key === "Enter") step(event.shiftKey ? -1 : 1);
  });
  const KEYS = { n: "next", N: "previous", "+": "larger", "=": "larger", "-": "smaller", 0: "whole", 1: "real" };
  addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      box.value = "";
      search();
      choose(-1);
      box.blur();
    } else if (event.target !== box && !event.ctrlKey && !event.metaKey && !event.altKey) {
      if (event.key === "/") {
        event.preventDefault();
        box.focus();
      } else if (Object.hasOwn(KEYS, event.key)) ACTIONS[KEYS[event.key]]();
    }
  });
  overview();
})();
