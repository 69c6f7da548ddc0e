// What a signing page can do beyond its plain form: talk to the page that embeds it, check private files,
// take a drawn signature, and say what is missing. Without it the form still works.
"use strict";
(() => {
  const embedded = window.parent !== window;
  const said = document.body.dataset;
  const PATIENCE = 15000; // milliseconds that the embedding page may take to answer
  const LONGEST_TEXT = 100000; // characters

  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  // The embedding page's origin is not known here, and no message carries a secret.
  const tell = (type, data) => embedded && window.parent.postMessage({ type, data }, "*");

  for (const { type, data } of JSON.parse(said.paraphMessages || "[]")) tell(type, data);

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-paraph-open]");
    if (!embedded || !link) return;
    event.preventDefault();
    tell("OPEN_URL", { url: link.href });
  });

  for (const button of all("[data-paraph-enlarge]")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      const large = button.nextElementSibling.classList.toggle("large");
      button.setAttribute("aria-pressed", large);
    });
  }

  // ---------------------------------------------------------------- SHA-256 (FIPS 180-4)
  // Browsers offer their own only on secure pages, and a phone on the local network opens none.
  function sha256(bytes) {
    const primes = [];
    for (let n = 2; primes.length < 64; n++) if (primes.every((prime) => n % prime)) primes.push(n);
    const fraction = (x) => ((x - Math.floor(x)) * 2 ** 32) | 0;
    const constants = primes.map((prime) => fraction(Math.cbrt(prime)));
    const state = primes.slice(0, 8).map((prime) => fraction(Math.sqrt(prime)));
    const padded = new Uint8Array(((bytes.length + 72) >> 6) << 6);
    padded.set(bytes);
    padded[bytes.length] = 0x80;
    const view = new DataView(padded.buffer);
    view.setUint32(padded.length - 8, Math.floor(bytes.length / 2 ** 29));
    view.setUint32(padded.length - 4, bytes.length << 3);
    const turn = (x, by) => (x >>> by) | (x << (32 - by));
    const w = new Int32Array(64);
    for (let at = 0; at < padded.length; at += 64) {
      for (let i = 0; i < 16; i++) w[i] = view.getInt32(at + 4 * i);
      for (let i = 16; i < 64; i++) {
        const early = turn(w[i - 15], 7) ^ turn(w[i - 15], 18) ^ (w[i - 15] >>> 3);
        const late = turn(w[i - 2], 17) ^ turn(w[i - 2], 19) ^ (w[i - 2] >>> 10);
        w[i] = (w[i - 16] + early + w[i - 7] + late) | 0;
      }
      let [a, b, c, d, e, f, g, h] = state;
      for (let i = 0; i < 64; i++) {
        const chosen = (e & f) ^ (~e & g);
        const one = (h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + chosen + constants[i] + w[i]) | 0;
        const major = (a & b) ^ (a & c) ^ (b & c);
        const two = ((turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + major) | 0;
        [h, g, f, e, d, c, b, a] = [g, f, e, (d + one) | 0, c, b, a, (one + two) | 0];
      }
      [a, b, c, d, e, f, g, h].forEach((value, i) => { state[i] = (state[i] + value) | 0; });
    }
    return state.map((word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
  }

  // ---------------------------------------------------------------- private files
  class Problem extends Error {
    constructor(code, words) { super(words); this.code = `GET_PRIVATE_FILE_ERRORS__${code}`; }
  }

  function privateFile(box) {
    const { documentId, externalId, hash } = box.dataset;
    const status = box.querySelector("[role=status]");
    const again = box.querySelector("button");
    const own = box.querySelector("label.pick");
    const place = box.querySelector(".view");
    let timer = 0;

    function fail(problem) {
      box.dataset.state = "wrong";
      status.textContent = problem.message;
      status.className = "notice";
      again.hidden = !embedded;
      own.hidden = embedded;
      tell("SIGNATURE_ERROR", { errorCode: problem.code, errorContext: { documentId } });
    }

    function show(blob, name) {
      const address = URL.createObjectURL(blob);
      const link = Object.assign(document.createElement("a"), { href: address, target: "_blank", rel: "noopener" });
      link.className = "open";
      link.textContent = `${box.dataset.open}: ${name || box.dataset.label}`;
      const made = (tag, values) => Object.assign(document.createElement(tag), values);
      if (blob.type.startsWith("image/")) {
        place.append(made("img", { src: address, alt: box.dataset.label, className: "picture" }));
      } else if (/^text\/|[/+](json|xml)$/.test(blob.type)) {
        const text = made("pre", { tabIndex: 0 });
        blob.text().then((words) => { text.textContent = words.slice(0, LONGEST_TEXT); });
        place.append(text);
      } else if (blob.type === "application/pdf" && navigator.pdfViewerEnabled) {
        place.append(made("iframe", { src: address, title: box.dataset.label }));
      }
      place.append(link);
    }

    async function check(blob, name) {
      const found = sha256(new Uint8Array(await blob.arrayBuffer()));
      if (found !== hash) throw new Problem("DOCUMENT_HASH_DOES_NOT_MATCH_PROVIDED_ONE", box.dataset.wrong);
      box.dataset.state = "shown";
      status.textContent = box.dataset.shown;
      status.className = "";
      again.hidden = own.hidden = true;
      place.replaceChildren();
      show(blob, name);
    }

    async function get({ fileUrl, mimeType, fileName, bearer }) {
      let answer;
      try {
        const headers = bearer ? { authorization: `Bearer ${bearer}` } : {};
        answer = await fetch(fileUrl, { headers, credentials: "omit", cache: "no-store" });
      } catch {
        throw new Problem("CANNOT_GET_FILE", box.dataset.missing);
      }
      if (answer.status === 401 || answer.status === 403) {
        throw new Problem("NOT_AUTHORIZED_TO_GET", box.dataset.missing);
      }
      if (!answer.ok) throw new Problem("CANNOT_GET_FILE", box.dataset.missing);
      const bytes = await answer.arrayBuffer().catch(() => {
        throw new Problem("CANNOT_GET_FILE", box.dataset.missing);
      });
      await check(new Blob([bytes], { type: mimeType || answer.headers.get("content-type") || "" }), fileName);
    }

    function ask() {
      status.textContent = box.dataset.waiting;
      status.className = "";
      again.hidden = true;
      clearTimeout(timer);
      timer = setTimeout(() => fail(new Problem("CANNOT_GET_FILE", box.dataset.missing)), PATIENCE);
      tell("NEED_PRIVATE_FILE_URL", externalId ? { documentId, externalDocumentId: externalId } : { documentId });
    }

    window.addEventListener("message", (event) => {
      const answer = event.data;
      if (event.source !== window.parent || !answer || answer.documentId !== documentId || !answer.fileUrl) return;
      if (box.dataset.state === "shown") return;
      clearTimeout(timer);
      get(answer).catch(fail);
    });
    again.addEventListener("click", ask);
    own.querySelector("input").addEventListener("change", (event) => {
      const [file] = event.target.files;
      event.target.value = ""; // so that the same name may be chosen again
      if (file) check(file, file.name).catch(fail);
    });
    if (embedded) {
      ask();
    } else {
      status.textContent = box.dataset.alone;
      own.hidden = false;
    }
  }
  all("[data-paraph-private]").forEach(privateFile);

  // ---------------------------------------------------------------- signatures
  const WIDTH = 1200;
  const INK = "#101c3a";
  const STEP = 16; // how far an arrow key moves the pen, in the picture's pixels

  function signaturePad(box) {
    const canvas = box.querySelector("canvas");
    const pad = box.querySelector(".pad");
    const name = box.querySelector("input[type=text]");
    const line = name.closest("label");
    const picture = box.querySelector("input[type=hidden]");
    const strokes = [];
    let pen = null; // where the keyboard's pen is
    let down = false;

    const drawing = () => box.querySelector("[value=drawn]").checked;

    function ink(paper) {
      const context = paper.getContext("2d");
      context.clearRect(0, 0, paper.width, paper.height);
      context.fillStyle = context.strokeStyle = INK;
      if (!drawing()) {
        let size = paper.height * 0.5;
        const font = () => { context.font = `italic ${size}px "Segoe Script", "Snell Roundhand", cursive, serif`; };
        font();
        size *= Math.min(1, (paper.width * 0.92) / (context.measureText(name.value.trim()).width || 1));
        font();
        context.textAlign = "center";
        context.textBaseline = "middle";
        context.fillText(name.value.trim(), paper.width / 2, paper.height / 2);
        return context;
      }
      context.lineWidth = 7;
      context.lineCap = context.lineJoin = "round";
      for (const [first, ...rest] of strokes) {
        context.beginPath();
        context.moveTo(...first);
        for (const point of rest.length ? rest : [first]) context.lineTo(...point);
        context.stroke();
      }
      return context;
    }

    function paint() {
      const bounds = canvas.getBoundingClientRect();
      const height = Math.round((WIDTH * bounds.height) / bounds.width) || WIDTH / 3;
      if (canvas.width !== WIDTH || canvas.height !== height) Object.assign(canvas, { width: WIDTH, height });
      const context = ink(canvas);
      if (pen && drawing() && document.activeElement === canvas) {
        context.lineWidth = 3;
        context.strokeStyle = down ? "#a1161f" : "#1a4fa3";
        context.beginPath();
        context.arc(...pen, 18, 0, 2 * Math.PI);
        context.stroke();
      }
    }

    function choose() {
      const draws = drawing();
      box.classList.toggle("drawing", draws);
      line.hidden = name.disabled = draws;
      all("[data-paraph-drawing]", box).forEach((one) => { one.hidden = !draws; });
      canvas.tabIndex = draws ? 0 : -1;
      canvas.setAttribute("role", draws ? "application" : "img");
      canvas.setAttribute("aria-label", draws ? box.dataset.pad : box.dataset.preview);
      pad.hidden = !draws && !name.value.trim();
      paint();
    }

    const place = (event) => {
      const bounds = canvas.getBoundingClientRect();
      return [
        ((event.clientX - bounds.left) * canvas.width) / bounds.width,
        ((event.clientY - bounds.top) * canvas.height) / bounds.height,
      ];
    };
    canvas.addEventListener("pointerdown", (event) => {
      if (!drawing() || event.button) return;
      event.preventDefault();
      canvas.focus({ preventScroll: true });
      canvas.setPointerCapture(event.pointerId);
      pen = null;
      strokes.push([place(event)]);
      paint();
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!drawing() || !canvas.hasPointerCapture(event.pointerId)) return;
      const passed = event.getCoalescedEvents?.() ?? [];
      strokes.at(-1).push(...(passed.length ? passed : [event]).map(place));
      paint();
    });

    // Otherwise a stroke that ends fast counts as a flick, and the browser swallows the next tap.
    canvas.addEventListener("touchstart", (event) => drawing() && event.preventDefault(), { passive: false });

    const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    canvas.addEventListener("keydown", (event) => {
      const move = MOVES[event.key];
      if (!drawing() || !(move || [" ", "Delete", "Backspace"].includes(event.key))) return;
      event.preventDefault();
      pen ??= [WIDTH / 4, canvas.height / 2];
      if (event.key === " ") {
        down = !down;
        if (down) strokes.push([[...pen]]);
      } else if (move) {
        const limits = [canvas.width, canvas.height];
        pen = pen.map((at, i) => Math.min(limits[i] - 10, Math.max(10, at + move[i] * STEP)));
        if (down) strokes.at(-1).push([...pen]);
      } else {
        clear();
      }
      paint();
    });
    canvas.addEventListener("blur", () => { down = false; paint(); });
    canvas.addEventListener("focus", () => { pen ??= [WIDTH / 4, canvas.height / 2]; paint(); });

    function clear() {
      strokes.length = 0;
      down = false;
      paint();
    }
    box.querySelector("button").addEventListener("click", clear);
    all("[type=radio]", box).forEach((one) => one.addEventListener("change", choose));
    name.addEventListener("input", choose);
    new ResizeObserver(paint).observe(canvas);
    box.querySelector(".choice").hidden = false;
    choose();

    return {
      missing: () => drawing() && strokes.every((stroke) => stroke.length < 2) && [canvas, box.dataset.pad],
      finish() {
        const paper = Object.assign(document.createElement("canvas"), { width: WIDTH, height: canvas.height });
        ink(paper);
        picture.value = paper.toDataURL("image/png");
      },
    };
  }

  // ---------------------------------------------------------------- forms
  function lacks(control) {
    if (control.disabled || !control.required) return false;
    return control.type === "checkbox" ? !control.checked : !control.value.trim();
  }

  for (const form of all("form")) {
    const pads = all("[data-paraph-signature]", form).map(signaturePad);
    const complaint = form.querySelector("[role=alert]");
    const button = form.querySelector("button[type=submit]");
    form.noValidate = true; // the browser's own bubbles vanish before they are read
    form.addEventListener("submit", (event) => {
      const missing = all("[data-paraph-private]")
        .filter((box) => box.dataset.state !== "shown")
        .map((box) => [box.querySelector("h2"), box.dataset.label]);
      for (const control of form.elements) {
        control.removeAttribute("aria-invalid");
        if (lacks(control)) missing.push([control, control.closest("label").textContent.trim()]);
      }
      missing.push(...pads.map((pad) => pad.missing()).filter(Boolean));
      if (!missing.length) {
        pads.forEach((pad) => pad.finish());
        button.disabled = true;
        return;
      }
      event.preventDefault();
      complaint.textContent = `${said.paraphMissing} ${missing.map(([, words]) => words).join("; ")}`;
      complaint.hidden = false;
      missing.forEach(([element]) => element.setAttribute("aria-invalid", "true"));
      missing[0][0].focus();
      complaint.scrollIntoView({ block: "center" });
    });
    form.addEventListener("input", (event) => {
      complaint.hidden = true;
      event.target.removeAttribute("aria-invalid");
    });
    window.addEventListener("pageshow", () => { button.disabled = false; });
  }
})();
