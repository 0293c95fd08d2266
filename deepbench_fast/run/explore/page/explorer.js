// The explorer's view, on its own page and in notebooks. `model` has `send(request)` and
// `on("msg:custom", (answer, buffers) => ...)`, as widgets in notebooks have; all else stays in this file.

const PLANES = { image: "Sample", clean: "Without noise", noise: "Noise", masks: "Masks" };
const STEPS = 1000;
const SETTLED = 150; // ms without a request after which text and ladder follow
const SLOW = 500; // ms after which somebody who waits is told why
const WORKING = "Working. The first time with a kind, its kernels compile.";
const MOST_FLYING = 2; // one is worked on while the other travels
const QUESTIONS = new Set(["hello", "text", "ladder"]); // all else changes what is shown
const DASHES = [[], [5, 3], [1.5, 2.5]];

/** An element with properties, listeners (on...), and children. */
function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name in element && name !== "list") element[name] = value;
    else if (value !== false && value !== null) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** A number in as many digits as a slider tells apart. */
function short(value, digits = 4) {
  if (value === null || value === undefined || value === "") return "";
  if (typeof value !== "number") return String(value);
  const size = Math.abs(value);
  return size !== 0 && (size >= 1e6 || size < 1e-4)
    ? value.toExponential(2).replace("e+", "e")
    : String(Number(value.toPrecision(digits)));
}

/** A law as people say it: uniform [0.5, 4]. */
function inWords(law) {
  const text = law.replace(/-?\d+\.\d{4,}(e-?\d+)?/g, (number) => short(Number(number)));
  const bare = /^\{.*\}$/.test(text) ? text.slice(1, -1) : text;
  return bare.replace(/^(\w+): /, "$1 ");
}

/** A unit as it is printed: m/s². */
function unitInWords(unit) {
  const raised = unit.replace(/([a-z])(\d)/g, (_, letter, digit) => letter + "⁰¹²³⁴⁵⁶⁷⁸⁹"[digit]);
  return raised.replaceAll(" / ", "/").replaceAll(" ", "\u00a0");
}

/** Requests, few at a time: of those that wait with the same key the newest alone is sent. */
class Requests {
  constructor(model, applied) {
    this.model = model;
    this.tag = Math.random().toString(36).slice(2);
    this.number = 0;
    this.flying = new Map();
    this.waiting = [];
    model.on("msg:custom", (answer, buffers) => {
      const request = this.flying.get(answer.id);
      this.flying.delete(answer.id);
      this.next();
      applied(answer, buffers || [], request);
    });
  }

  ask(request, key = null) {
    const old = key === null ? -1 : this.waiting.findIndex((other) => other.key === key);
    if (old >= 0) this.waiting[old].request = request;
    else this.waiting.push({ request, key });
    this.next();
  }

  next() {
    while (this.flying.size < MOST_FLYING && this.waiting.length) {
      const id = `${this.tag}-${++this.number}`;
      const { request } = this.waiting.shift();
      this.flying.set(id, request);
      this.model.send({ ...request, id });
    }
  }

  get idle() {
    return this.flying.size === 0 && this.waiting.length === 0;
  }

  /** Whether something is asked for that will change what is shown. */
  get changing() {
    return [...this.flying.values(), ...this.waiting.map(({ request }) => request)].some(({ do: what }) => !QUESTIONS.has(what));
  }
}

class Explorer {
  constructor(model, root) {
    this.root = root;
    this.state = null;
    this.hello = null;
    this.maps = {};
    this.rows = new Map();
    this.closed = new Set(["Image", "Time", "Dataset"]);
    this.main = "image";
    this.active = null;
    this.painted = 0;
    this.edited = false;
    this.followed = false; // whether the text is of what is shown
    this.followers = [];
    this.build();
    this.requests = new Requests(model, (answer, buffers, request) => this.apply(answer, buffers, request));
    this.resized = new ResizeObserver(() => this.frame && this.frame.kind === "series" && this.paint());
    this.resized.observe(this.figure);
    this.ask({ do: "hello" });
    this.ask({ do: "show" });
  }

  destroy() {
    this.resized.disconnect();
    clearTimeout(this.settling);
    clearTimeout(this.slow);
  }

  ask(request, key = null) {
    clearTimeout(this.slow);
    this.slow = setTimeout(() => {
      if (this.notice.hidden) this.say(WORKING);
    }, SLOW);
    if (!QUESTIONS.has(request.do)) this.followed = false;
    this.requests.ask(request, key);
  }

  set(address, value) {
    this.ask({ do: "set", address, value }, address);
  }

  say(text, wrong = false) {
    this.notice.textContent = text;
    this.notice.hidden = !text;
    this.notice.classList.toggle("wrong", wrong);
  }

  // The page.

  build() {
    this.root.classList.add("dbx");
    this.root.dataset.lmSuppressShortcuts = "true"; // of JupyterLab, while somebody types here
    this.title = make("span");
    this.start = make("select", { "aria-label": "Start from", onchange: () => this.restart() });
    this.undo = make("button", { type: "button", disabled: true, onclick: () => this.ask({ do: "undo" }) }, "Undo");
    this.notice = make("p", { className: "notice", hidden: true, role: "status" });
    const head = make(
      "header",
      {},
      make("h1", {}, make("span", { className: "soft" }, "Explore "), this.title),
      make("label", { className: "start" }, make("span", {}, "Start from "), this.start),
      this.undo,
    );
    this.root.replaceChildren(
      head,
      make("div", { className: "columns" }, this.buildView(), this.buildControls(), this.buildAside()),
      this.notice,
    );
  }

  buildView() {
    this.classes = make("div", { className: "chips", role: "group", "aria-label": "Class" });
    const show = (sample) => this.ask({ do: "show", sample }, "sample");
    this.sample = make("input", {
      className: "number", inputMode: "numeric", "aria-label": "Sample",
      onchange: () => show(Number(this.sample.value) || 0),
    });
    this.track = make("input", {
      type: "range", min: 0, step: 1, "aria-label": "Sample, as a slider",
      oninput: () => {
        this.active = "sample";
        this.sample.value = this.track.value;
        show(Number(this.track.value));
      },
      onchange: () => (this.active = null),
    });
    const step = (by, words, sign) =>
      make("button", { type: "button", "aria-label": words, onclick: () => show(this.state.sample + by) }, sign);
    this.of = make("span", { className: "soft" });
    const numbers = make(
      "div", { className: "numbers" },
      make("span", {}, "Sample"), step(-1, "Previous sample", "‹"), this.sample, step(1, "Next sample", "›"), this.of,
      this.track,
    );
    this.figure = make("div", { className: "figure" });
    this.caption = make("p", { className: "caption soft" });
    this.beside = make("div", { className: "beside" });
    this.stretch = make("select", {
      "aria-label": "Stretch", onchange: () => this.ask({ do: "stretch", name: this.stretch.value }),
    });
    this.histogram = make("canvas", { className: "histogram", width: 64, height: 40, "aria-label": "Histogram" });
    this.bar = make("canvas", { className: "bar", width: 256, height: 1 });
    this.ticks = make("div", { className: "ticks soft" });
    this.scale = make(
      "div", { className: "scale" },
      make(
        "div", { className: "over" },
        make("span", {}, "Pixels of each brightness"),
        make("label", { className: "soft" }, "Stretch ", this.stretch),
      ),
      this.histogram, this.bar, this.ticks,
    );
    this.more = make("div", { className: "more" }, this.beside, this.scale);
    return make(
      "section", { className: "view", "aria-label": "Sample" },
      make("div", { className: "stick" }, this.classes, this.figure, this.caption, numbers),
      this.more,
    );
  }

  buildControls() {
    this.sections = make("div", { className: "sections" });
    return make("section", { className: "controls", "aria-label": "Parameters" }, this.sections);
  }

  buildAside() {
    this.text = make("textarea", {
      spellcheck: false, "aria-label": "Recipe", rows: 24,
      oninput: () => this.editing(true),
    });
    const button = (words, act, more = {}) => make("button", { type: "button", onclick: act, ...more }, words);
    this.apply_ = button("Apply", () => this.ask({ do: "recipe", text: this.text.value }), { className: "main" });
    this.discard = button("Discard", () => {
      this.editing(false);
      this.ask({ do: "text" }, "text");
    });
    this.copied = button("Copy", async () => {
      await this.caughtUp();
      await this.copy();
      this.copied.textContent = "Copied";
      setTimeout(() => (this.copied.textContent = "Copy"), 1500);
    });
    const save = button("Save", async () => {
      await this.caughtUp();
      this.save();
    });
    this.hash = make("p", { className: "soft hash" });
    const recipe = make(
      "section", { className: "card recipe", "aria-label": "Recipe" },
      make("div", { className: "over" }, make("h2", {}, "Recipe"),
        make("span", { className: "buttons" }, this.apply_, this.discard, this.copied, save)),
      this.text, this.hash,
    );
    this.editing(false);
    return make("div", { className: "aside" }, this.buildLadder(), recipe);
  }

  buildLadder() {
    const again = () => this.askLadder();
    this.axis = make("select", { "aria-label": "Axis of the ladder", onchange: again });
    this.rungs = make("div", { className: "rungs" });
    this.ladder = make(
      "details", { className: "card ladder", ontoggle: again },
      make("summary", {}, make("h2", {}, "Ladder of difficulty")),
      make("p", { className: "soft" }, "This sample as it would be from easy to hard; a rung that is clicked becomes the recipe."),
      make("label", { className: "axis" }, "Axis ", this.axis),
      this.rungs,
    );
    return this.ladder;
  }

  // Answers.

  apply(answer, buffers, request) {
    if (this.requests.idle) {
      clearTimeout(this.slow);
      if (this.notice.textContent === WORKING) this.say("");
    }
    if (answer.hello) this.greet(answer.hello, buffers);
    if (answer.error && request) {
      this.say(answer.error, true);
      if (this.state) this.update();
      if (!this.followed) this.settle();
      return;
    }
    if (answer.state) {
      this.state = answer.state;
      this.undo.disabled = !answer.undo;
      this.frame = answer.frame;
      this.buffers = buffers;
      this.say(answer.state.notes.join(" "));
      this.paint();
      this.update();
      if (request && request.do === "recipe" && request.text === this.text.value) this.editing(false);
      this.followed = false;
      if (answer.id !== undefined) this.settle();
      this.root.dataset.painted = ++this.painted;
      this.root.dataset.ms = answer.ms.toFixed(1);
    }
    if (answer.text !== undefined) {
      if (!this.edited) {
        this.text.value = answer.text;
        this.hash.textContent = `hash ${answer.hash}`;
      }
      this.followed = !this.requests.changing;
      if (this.followed) this.followers.splice(0).forEach((go) => go());
    }
    if (answer.ladder) this.drawLadder(answer.ladder, buffers);
  }

  /** Text and ladder follow when nothing moves. */
  settle() {
    clearTimeout(this.settling);
    this.settling = setTimeout(() => {
      this.ask({ do: "text" }, "text");
      this.askLadder();
    }, SETTLED);
  }

  greet(hello, buffers) {
    this.hello = hello;
    hello.maps.forEach((name, number) => {
      const colours = bytes(buffers[number]);
      const map = new Uint32Array(256);
      const parts = new Uint8ClampedArray(map.buffer);
      for (let k = 0; k < 256; k++) {
        parts.set(colours.subarray(3 * k, 3 * k + 3), 4 * k);
        parts[4 * k + 3] = 255;
      }
      this.maps[name] = map;
    });
    const group = (label, names) =>
      make("optgroup", { label }, ...Object.entries(names).map(([name, words]) =>
        make("option", { value: name, title: words }, name)));
    this.start.replaceChildren(
      make("option", { value: "" }, "choose …"), group("Recipes", hello.recipes), group("Kinds", hello.all_kinds),
    );
    this.stretch.replaceChildren(
      make("option", { value: "" }, "automatic"), ...hello.stretches.map((name) => make("option", {}, name)),
    );
    this.axis.replaceChildren(...hello.axes.map((name) => make("option", {}, name)));
  }

  restart() {
    const name = this.start.value;
    this.start.value = "";
    if (name) this.ask({ do: "start", name });
  }

  // Pictures.

  paint() {
    const series = this.frame.kind === "series";
    this.more.hidden = series;
    if (series) this.paintSeries();
    else this.paintImage();
  }

  paintImage() {
    const { planes, shape, smaller, bars, ticks } = this.frame;
    if (!planes.some((plane) => plane.name === this.main)) this.main = "image";
    const shown = [this.main, ...planes.map((plane) => plane.name).filter((name) => name !== this.main)];
    const key = `${shown} ${shape}`;
    if (this.planesKey !== key) {
      this.planesKey = key;
      this.canvases = {};
      const views = shown.map((name) => {
        const canvas = make("canvas", { width: shape[1], height: shape[0], className: "plane", role: "img",
          "aria-label": PLANES[name] });
        canvas.style.aspectRatio = `${shape[1]} / ${shape[0]}`;
        canvas.classList.toggle("large", Math.max(...shape) > 512);
        this.canvases[name] = canvas;
        return canvas;
      });
      this.figure.replaceChildren(views[0]);
      this.beside.replaceChildren(...views.slice(1).map((canvas, number) =>
        make("button", {
          type: "button", className: "thumb", title: `Show it large`,
          onclick: () => {
            this.main = shown[number + 1];
            this.paint();
          },
        }, canvas, make("span", {}, PLANES[shown[number + 1]]))));
    }
    planes.forEach((plane, number) => paintPlane(this.canvases[plane.name], this.buffers[number], this.maps[plane.map]));
    const side = `${shape[0] * smaller}×${shape[1] * smaller} pixels, row 0 at the bottom`;
    write(this.caption, `${PLANES[this.main]}: ${side}${smaller > 1 ? `, shown 1:${smaller}` : ""}`);
    const map = this.maps[planes[0].map];
    if (this.barKey !== planes[0].map) {
      this.barKey = planes[0].map;
      paintPlane(this.bar, Uint8Array.from({ length: 256 }, (_, k) => k), map);
      this.ticks.replaceChildren(...ticks.map(() => make("span")));
    }
    ticks.forEach((tick, number) => write(this.ticks.children[number], tick));
    this.paintHistogram(bars);
  }

  paintHistogram(bars) {
    const canvas = this.histogram;
    const across = fit(canvas, 52);
    const { width, height } = canvas;
    const most = Math.log1p(Math.max(...bars.flat()));
    const style = getComputedStyle(this.root);
    across.clearRect(0, 0, width, height);
    const step = width / bars[0].length;
    const tall = (count) => (height - 2) * (Math.log1p(count) / most);
    across.fillStyle = style.getPropertyValue("--bars");
    bars[0].forEach((count, k) => across.fillRect(k * step, height - tall(count), Math.max(step - 1, 1), tall(count)));
    if (!bars[1]) return;
    across.strokeStyle = style.getPropertyValue("--accent");
    across.lineWidth = 1.5 * (window.devicePixelRatio || 1);
    across.beginPath();
    bars[1].forEach((count, k) => {
      across.lineTo(k * step, height - tall(count));
      across.lineTo((k + 1) * step, height - tall(count));
    });
    across.stroke();
  }

  paintSeries() {
    const { panels, noisy } = this.frame;
    const key = `series ${panels.map((panel) => panel.title)}`;
    if (this.planesKey !== key) {
      this.planesKey = key;
      this.figure.replaceChildren(...panels.map((panel) => make("canvas", {
        className: panel.orbits ? "orbits" : "curves", role: "img", "aria-label": panel.title })));
    }
    const curves = curvesOf(this.frame, this.buffers);
    panels.forEach((panel, number) => this.plot(this.figure.children[number], panel, curves, true));
    this.caption.textContent = noisy ? "Dots are measured, lines are without noise" : "";
  }

  /** One panel: curves against time, or orbits; dots are the noisy values. */
  plot(canvas, panel, curves, labelled) {
    const style = getComputedStyle(this.root);
    const ratio = window.devicePixelRatio || 1;
    const pen = fit(canvas, panel.orbits ? canvas.clientWidth : labelled ? 190 : canvas.clientWidth * 0.75);
    const wide = canvas.width / ratio, tall = canvas.height / ratio;
    const room = labelled ? { left: 52, right: 10, top: 22, bottom: 34 } : { left: 4, right: 4, top: 4, bottom: 4 };
    const parts = panel.columns.flatMap((axes, part) =>
      panel.orbits ? [{ axes, part, axis: 0 }] : axes.map((column, axis) => ({ axes: [column], part, axis })));
    const lines = parts.map(({ axes }) => this.lineOf(panel, axes, curves.clean, curves));
    const dots = curves.noisy ? parts.map(({ axes }) => this.lineOf(panel, axes, curves.noisy, curves)) : [];
    const ends = (place) => {
      const values = [...lines, ...dots].flatMap((line) => line.map((point) => point[place])).filter(Number.isFinite);
      const low = values.reduce((a, b) => Math.min(a, b), Infinity), high = values.reduce((a, b) => Math.max(a, b), -Infinity);
      const half = Math.max((high - low) * 0.54, 0.005 * Math.max(Math.abs(low), Math.abs(high)) || 0.5);
      return [(low + high) / 2 - half, (low + high) / 2 + half];
    };
    let [x, y] = [panel.orbits ? ends(0) : [lines[0][0][0], lines[0][lines[0].length - 1][0]], ends(1)];
    if (!(x[1] > x[0])) x = [x[0] - 0.5, x[0] + 0.5];
    const inner = [wide - room.left - room.right, tall - room.top - room.bottom];
    if (panel.orbits) {
      const scale = Math.max((x[1] - x[0]) / inner[0], (y[1] - y[0]) / inner[1]);
      const about = (axis, size) => [(axis[0] + axis[1] - scale * size) / 2, (axis[0] + axis[1] + scale * size) / 2];
      [x, y] = [about(x, inner[0]), about(y, inner[1])];
    }
    const at = ([a, b]) => [
      room.left + ((a - x[0]) / (x[1] - x[0])) * inner[0], room.top + (1 - (b - y[0]) / (y[1] - y[0])) * inner[1],
    ];
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, wide, tall);
    pen.font = "12px system-ui, sans-serif";
    if (labelled) drawAxes(pen, style, { x, y, at, room, wide, tall, panel, time: this.frame.time });
    const size = labelled ? 1 : 0.5;
    lines.forEach((line, number) => {
      const { part, axis } = parts[number];
      pen.strokeStyle = pen.fillStyle = style.getPropertyValue(`--line${part % 6}`);
      pen.lineWidth = 1.6 * size ** 0.5;
      pen.setLineDash(DASHES[panel.orbits ? Math.floor(part / 6) % 3 : axis % 3]);
      pen.beginPath();
      const places = line.map(at);
      if (panel.orbits) smooth(pen, places);
      else places.forEach((place) => pen.lineTo(...place));
      pen.stroke();
      pen.setLineDash([]);
      for (const point of dots[number] || []) disc(pen, at(point), 1.6 * size);
      if (!panel.orbits || !places.length) return;
      disc(pen, places[0], 4 * size, false);
      disc(pen, places[places.length - 1], 4 * size);
    });
  }

  /** Places of one part of a panel: (time, value), or a place in the plane; of three axes seen from above. */
  lineOf(panel, axes, values, { moments, columns, times }) {
    return Array.from({ length: moments }, (_, k) => {
      const [a, b, c] = axes.map((column) => values[k * columns + column]);
      if (!panel.orbits) return [times[k], a];
      return c === undefined ? [a, b] : [0.866 * (a - b), c + 0.5 * (a + b) * 0.6];
    });
  }

  // The ladder.

  askLadder() {
    if (this.ladder.open && this.state) this.ask({ do: "ladder", axis: this.axis.value, rungs: 5 }, "ladder");
  }

  drawLadder(ladder, buffers) {
    let next = 0;
    const views = ladder.labels.map((label, number) => {
      const use = () => this.ask({ do: "rung", axis: ladder.axis, rungs: ladder.labels.length, rung: number });
      const canvas = make("canvas", { role: "img", "aria-label": label });
      const view = make("button", { type: "button", className: "thumb", onclick: use }, canvas, make("span", {}, label));
      if (ladder.kind === "images") {
        [canvas.height, canvas.width] = ladder.shape;
        canvas.className = "plane";
        canvas.style.aspectRatio = `${ladder.shape[1]} / ${ladder.shape[0]}`;
        if (ladder.there[number]) paintPlane(canvas, buffers[next++], this.maps[ladder.map]);
      } else if (ladder.rungs[number]) {
        const frame = ladder.rungs[number];
        const own = buffers.slice(next, (next += frame.noisy ? 3 : 2));
        requestAnimationFrame(() => this.plot(canvas, frame.panels[0], curvesOf(frame, own), false));
      }
      return view;
    });
    this.rungs.replaceChildren(...views);
  }

  // Controls.

  update() {
    const state = this.state;
    write(this.title, state.name);
    this.sample.value = state.sample;
    this.track.max = state.samples - 1;
    if (this.active !== "sample") this.track.value = state.sample;
    write(this.of, `of ${state.samples.toLocaleString("en")}`);
    this.stretch.value = state.stretch;
    const key = JSON.stringify([
      state.catalogue, state.catalogues, state.noises, state.kinds, state.sections.map(({ title, rows }) => [
        title, rows.map((row) => [row.address, row.form, row.options])]),
    ]);
    if (this.sectionsKey !== key) {
      this.sectionsKey = key;
      this.rows.clear();
      const chips = state.catalogues.length > 1 ? state.catalogues : [];
      this.classes.replaceChildren(...chips.map((name) => make("button", {
        type: "button", className: "chip", "aria-pressed": String(name === state.catalogue),
        title: `The next sample of ${name}`, onclick: () => this.ask({ do: "class", name }),
      }, name)));
      this.sections.replaceChildren(...this.allSections());
    }
    for (const section of state.sections) {
      write(this.notes.get(sectionKey(section)), section.note);
      for (const row of section.rows) this.rows.get(row.address)(row);
    }
    this.psf && (this.psf.value = state.psf);
    for (const box of this.noises) box.checked = state.noise.includes(box.value);
  }

  allSections() {
    const { state } = this;
    this.notes = new Map();
    this.psf = null;
    this.noises = [];
    const found = [];
    for (const section of state.sections) {
      if (!section.entry && !found.some((view) => view.classList.contains("add"))) found.push(this.adder());
      found.push(this.section(section));
    }
    return found;
  }

  adder() {
    const { kinds, catalogue, series } = this.state;
    const words = series ? "Another system …" : "Add an object …";
    const select = make("select", {
      "aria-label": words,
      onchange: () => {
        this.ask({ do: "add", catalogue, kind: select.value });
        select.value = "";
      },
    }, make("option", { value: "" }, words), ...kinds.map((name) => make("option", { value: name }, name)));
    return make("div", { className: "add" }, select);
  }

  section({ title, entry, rows }) {
    const { catalogue, series } = this.state;
    const note = make("p", { className: "note soft" });
    const key = sectionKey({ title, entry });
    this.notes.set(key, note);
    const remove = entry && !series
      ? make("button", {
          type: "button", className: "quiet", "aria-label": `Remove ${title}`, title: "Remove",
          onclick: (event) => {
            event.preventDefault();
            this.ask({ do: "remove", catalogue, entry });
          },
        }, "✕")
      : null;
    const views = rows.map((row) => this.row(row));
    if (key === "PSF") views.unshift(this.psfChoice());
    if (key === "Noise") views.unshift(this.noiseChoice());
    return make("details", {
      className: "card", open: !this.closed.has(key),
      ontoggle: (event) => this.closed[event.target.open ? "delete" : "add"](key),
    }, make("summary", {}, make("h2", {}, title), remove), note, ...views);
  }

  psfChoice() {
    this.psf = make("select", {
      "aria-label": "PSF model",
      onchange: () => this.ask({ do: "psf", catalogue: this.state.catalogue, model: this.psf.value }),
    }, make("option", { value: "" }, "none"), ...this.state.psfs.map((name) => make("option", {}, name)));
    return make("label", { className: "row choice" }, make("span", { className: "name" }, "model"), this.psf);
  }

  noiseChoice() {
    this.noises = this.state.noises.map((model) => {
      const box = make("input", {
        type: "checkbox", value: model,
        onchange: () => this.ask({ do: "noise", catalogue: this.state.catalogue, model, on: box.checked }),
      });
      return box;
    });
    const labels = this.noises.map((box) => make("label", { className: "box" }, box, ` ${box.value}`));
    return make("div", { className: "row boxes" }, ...labels);
  }

  row(row) {
    if (row.form === "slider") return this.sliderRow(row);
    if (row.form === "options") return this.optionsRow(row);
    return this.textRow(row);
  }

  name(row) {
    return make("span", { className: "name", title: row.meaning }, row.label,
      row.unit ? make("span", { className: "unit soft" }, ` ${unitInWords(row.unit)}`) : null);
  }

  sliderRow(row) {
    const { address } = row;
    let now = row, typing = false, shown = "";
    const slider = make("input", {
      type: "range", "aria-label": `${row.label}${row.unit ? `, ${row.unit}` : ""}`, "data-address": address,
      oninput: () => {
        this.active = address;
        const value = placeToValue(now, Number(slider.value));
        number.value = short(value);
        this.set(address, value);
      },
      onchange: () => {
        this.active = null;
        shown = "";
      },
    });
    const number = make("input", {
      className: "number", inputMode: "decimal", "aria-label": `${row.label}, as a number`, title: row.meaning,
      oninput: () => (typing = true),
      onchange: () => {
        typing = false;
        shown = ""; // also what is refused is written anew
        const text = number.value.trim(), value = Number(text);
        if (text && Number.isFinite(value)) this.set(address, value);
        else if (text) this.ask({ do: "set", address, text });
      },
    });
    const law = make("button", {
      type: "button", className: "law soft", title: "Write what it is drawn from",
      onclick: () => {
        field.value = now.law;
        law.hidden = true;
        field.hidden = false;
        field.select();
      },
    });
    const field = make("input", {
      className: "lawtext", hidden: true, "aria-label": `${row.label}: law`, spellcheck: false,
      onkeydown: (event) => {
        if (event.key === "Enter") field.blur();
        if (event.key === "Escape") (field.value = now.law), field.blur();
      },
      onblur: () => {
        law.hidden = false;
        field.hidden = true;
        if (field.value.trim() && field.value !== now.law) this.ask({ do: "set", address, text: field.value });
      },
    });
    const draw = make("button", {
      type: "button", className: "draw", title: "Draw it again, from the law that it had",
      onclick: () => this.ask({ do: "draw", address }),
    }, "draw");
    const density = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    density.setAttribute("preserveAspectRatio", "none");
    density.setAttribute("aria-hidden", "true");
    const area = density.appendChild(document.createElementNS("http://www.w3.org/2000/svg", "path"));
    const view = make(
      "div", { className: "row slider" }, this.name(row),
      make("span", { className: "how" }, law, field, draw), number,
      make("span", { className: "track" }, density, slider),
    );
    this.rows.set(address, (next) => {
      if (shown === (shown = JSON.stringify(next)) && this.active !== address) return;
      now = next;
      law.textContent = next.fixed ? "fixed" : inWords(next.law);
      draw.hidden = !next.drawable;
      view.classList.toggle("fixed", next.fixed);
      view.classList.toggle("absent", next.value === null);
      const shape = next.density.length ? `M0,1 ${next.density.map((d, k) => `L${k},${1 - d}`).join(" ")} L${next.density.length - 1},1Z` : "";
      if (area.getAttribute("d") !== shape) area.setAttribute("d", shape);
      density.setAttribute("viewBox", `0 0 ${Math.max(next.density.length - 1, 1)} 1`);
      if (this.active === address) return;
      if (!typing) number.value = short(next.value);
      const whole = next.whole && !next.log && next.high - next.low <= STEPS;
      slider.min = whole ? next.low : 0;
      slider.max = whole ? next.high : STEPS;
      slider.step = whole ? 1 : "any";
      slider.value = next.value === null ? slider.min : valueToPlace(next, next.value);
      slider.setAttribute("aria-valuetext", `${short(next.value)} ${next.unit}`);
    });
    return view;
  }

  optionsRow(row) {
    const choose = (option) => {
      if (/\.(form|solver)$/.test(row.address)) this.ask({ do: "option", address: row.address, text: option });
      else this.set(row.address, ({ true: true, false: false })[option] ?? (isNaN(option) ? option : Number(option)));
    };
    const select = make("select", {
      "aria-label": row.label, "data-address": row.address, onchange: () => choose(select.value),
    }, ...row.options.map((option) => make("option", { value: option }, String(option))));
    const draw = make("button", {
      type: "button", className: "draw", title: "Draw it again", onclick: () => this.ask({ do: "draw", address: row.address }),
    }, "draw");
    const law = make("span", { className: "law soft" });
    this.rows.set(row.address, (next) => {
      select.value = next.value === null ? "" : String(next.value);
      law.textContent = next.fixed ? "" : inWords(next.law);
      draw.hidden = !next.drawable;
    });
    return make("label", { className: "row choice" }, this.name(row), make("span", { className: "how" }, law, draw), select);
  }

  textRow(row) {
    const field = make("input", {
      "aria-label": row.label, "data-address": row.address, title: row.meaning, spellcheck: false,
      onchange: () => this.ask({ do: "set", address: row.address, text: field.value }),
    });
    this.rows.set(row.address, (next) => (field.value = next.law));
    return make("label", { className: "row choice" }, this.name(row), field);
  }

  // The recipe's text.

  editing(edited) {
    this.edited = edited;
    if (edited) this.hash.textContent = "not applied";
    this.apply_.hidden = this.discard.hidden = !edited;
  }

  /** Wait until the text is of what is shown, unless somebody writes it. */
  async caughtUp() {
    if (!this.edited && !this.followed) await new Promise((go) => this.followers.push(go));
  }

  async copy() {
    try {
      await navigator.clipboard.writeText(this.text.value);
    } catch {
      this.text.select();
      document.execCommand("copy");
    }
  }

  save() {
    const url = URL.createObjectURL(new Blob([this.text.value], { type: "application/yaml" }));
    const name = `${(this.state.name || "recipe").replace(/[^A-Za-z0-9_.-]+/g, "-")}.yaml`;
    make("a", { href: url, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(url), 1000);
  }
}

/** What a section goes by: its title, unless it is of an entry, which may be called as another section is. */
function sectionKey({ title, entry }) {
  return entry ? `object ${entry}` : title;
}

function bytes(view) {
  return view instanceof DataView ? new Uint8Array(view.buffer, view.byteOffset, view.byteLength) : view;
}

const IMAGES = new WeakMap(); // of canvases, so that none is made for each picture

function paintPlane(canvas, view, map) {
  const pen = canvas.getContext("2d", { alpha: false });
  let image = IMAGES.get(canvas);
  if (!image || image.width !== canvas.width || image.height !== canvas.height) {
    image = pen.createImageData(canvas.width, canvas.height);
    IMAGES.set(canvas, image);
  }
  const pixels = new Uint32Array(image.data.buffer);
  const plane = bytes(view);
  for (let k = 0; k < pixels.length; k++) pixels[k] = map[plane[k]];
  pen.putImageData(image, 0, 0);
}

/** Text that changes nothing lays nothing out anew. */
function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** The pen of a canvas with as many pixels as the screen has there. */
function fit(canvas, height) {
  const ratio = window.devicePixelRatio || 1;
  const [wide, tall] = [Math.round((canvas.clientWidth || 300) * ratio), Math.round(height * ratio)];
  canvas.style.height = `${height}px`;
  if (canvas.width !== wide) canvas.width = wide;
  if (canvas.height !== tall) canvas.height = tall;
  const pen = canvas.getContext("2d");
  pen.setTransform(1, 0, 0, 1, 0, 0);
  return pen;
}

function curvesOf(frame, buffers) {
  const floats = buffers.map((view) => new Float32Array(bytes(view).slice().buffer));
  return { moments: frame.moments, columns: frame.columns, times: floats[0], clean: floats[1], noisy: floats[2] };
}

function niceTicks([low, high], most) {
  const rough = (high - low) / most;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].find((factor) => factor * power >= rough) * power;
  const ticks = [];
  for (let k = Math.ceil(low / step); k * step <= high + 1e-9 * step; k++) ticks.push(k * step);
  return ticks;
}

function drawAxes(pen, style, { x, y, at, room, wide, tall, panel, time }) {
  const soft = style.getPropertyValue("--soft");
  pen.lineWidth = 1;
  pen.strokeStyle = style.getPropertyValue("--line");
  pen.fillStyle = soft;
  pen.textBaseline = "middle";
  for (const tick of niceTicks(y, 4)) {
    const [, down] = at([x[0], tick]);
    pen.beginPath();
    pen.moveTo(room.left, down);
    pen.lineTo(wide - room.right, down);
    pen.stroke();
    pen.textAlign = "right";
    pen.fillText(short(tick), room.left - 6, down);
  }
  pen.textBaseline = "top";
  pen.textAlign = "center";
  for (const tick of niceTicks(x, 6)) pen.fillText(short(tick), at([tick, y[0]])[0], tall - room.bottom + 5);
  pen.fillStyle = style.getPropertyValue("--ink");
  pen.textAlign = "left";
  pen.fillText(panel.title || panel.names.join(", "), room.left, 3);
  if (!panel.orbits) {
    pen.fillStyle = soft;
    pen.textAlign = "right";
    pen.fillText(time ? `time [${time}]` : "time", wide - room.right, tall - 13);
  }
}

function disc(pen, [left, down], radius, filled = true) {
  pen.beginPath();
  pen.arc(left, down, radius, 0, 7);
  if (filled) pen.fill();
  else pen.stroke();
}

/** A curve through places (Catmull and Rom's), drawn only: an orbit between its stored moments. */
function smooth(pen, places) {
  places.forEach((place, k) => {
    if (k === 0) return pen.moveTo(...place);
    const [before, from, after] = [places[Math.max(k - 2, 0)], places[k - 1], places[Math.min(k + 1, places.length - 1)]];
    pen.bezierCurveTo(
      from[0] + (place[0] - before[0]) / 6, from[1] + (place[1] - before[1]) / 6,
      place[0] - (after[0] - from[0]) / 6, place[1] - (after[1] - from[1]) / 6, ...place,
    );
  });
}

function valueToPlace(row, value) {
  if (row.whole && !row.log && row.high - row.low <= STEPS) return value;
  const part = row.log
    ? Math.log(Math.max(value, row.low) / row.low) / Math.log(row.high / row.low)
    : (value - row.low) / (row.high - row.low);
  return STEPS * part;
}

/** The value at a place of a slider, in as few digits as tell places apart. */
function placeToValue(row, place) {
  if (row.whole && !row.log && row.high - row.low <= STEPS) return place;
  const part = place / STEPS;
  if (part <= 0) return row.low;
  if (part >= 1) return row.high;
  const value = row.log ? row.low * (row.high / row.low) ** part : row.low + part * (row.high - row.low);
  if (row.whole) return Math.round(value);
  const digits = row.log ? 3 - Math.floor(Math.log10(value)) : 3 - Math.floor(Math.log10(row.high - row.low));
  const rounded = digits > 0 ? Number(value.toFixed(Math.min(digits, 20))) : Math.round(value);
  return Math.min(Math.max(rounded, row.low), row.high);
}

function render({ model, el }) {
  const root = document.createElement("div");
  el.append(root);
  const explorer = new Explorer(model, root);
  return () => explorer.destroy();
}

export default { render };
