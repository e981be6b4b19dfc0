// Runs in every measured page before the page's own scripts. It observes and changes nothing.
window.probe = (() => {
  const LINES = '[role=rowgroup][aria-label="Lines"]';
  const PATIENCE_MS = 30_000;
  const shown = { firstRow: null, contentful: null, shifts: 0, longTasks: [] };
  const echoes = [];

  /** Calls `use` once the next frame has been handed to the compositor. */
  const afterPaint = (use) => {
    requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => use(performance.now());
      port2.postMessage(null);
    });
  };
  const observe = (type, use) => new PerformanceObserver((list) => list.getEntries().forEach(use)).observe({ type, buffered: true });
  observe("largest-contentful-paint", (entry) => { shown.contentful = entry.startTime; });
  observe("layout-shift", (entry) => { if (!entry.hadRecentInput) shown.shifts += entry.value; });
  observe("longtask", (entry) => shown.longTasks.push([entry.startTime, entry.duration]));

  const firstRow = new Promise((resolve) => {
    const rows = new MutationObserver(() => {
      if (!document.querySelector("[data-log]")) return;
      rows.disconnect();
      afterPaint((at) => { shown.firstRow = at; resolve(); });
    });
    rows.observe(document, { childList: true, subtree: true });
  });

  addEventListener("keydown", (event) => afterPaint((at) => echoes.push(at - event.timeStamp)), true);

  let recording = null;
  /** Whether the middle of the list shows no row at the start of this frame. */
  const isBlank = (list) => {
    const box = list.getBoundingClientRect();
    const hit = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
    return hit !== null && list.contains(hit) && hit.closest('[role="row"]') === null;
  };
  /** The number in the newest line, which the sender counts. */
  const newest = (list) => {
    const items = list.firstElementChild?.children ?? [];
    for (let at = items.length - 1; at >= Math.max(0, items.length - 3); at -= 1) {
      const found = /order (\d+) accepted/.exec(items[at].textContent);
      if (found) return Number(found[1]);
    }
    return -1;
  };
  const frame = (own) => (at) => {
    if (recording !== own) return;
    recording.frames.push(at);
    const list = document.querySelector(LINES);
    if (list) {
      if (isBlank(list)) recording.blank += 1;
      if (recording.tails) {
        const number = newest(list);
        if (number > recording.newest) {
          recording.newest = number;
          recording.arrivals.push([performance.timeOrigin + performance.now(), number]);
        }
      }
    }
    requestAnimationFrame(frame(own));
  };
  const within = (promise, what) => Promise.race([promise, new Promise((_, reject) => setTimeout(() => reject(new Error(`not within ${PATIENCE_MS / 1000} s: ${what}`)), PATIENCE_MS))]);
  return {
    firstRow: () => within(firstRow, "a line in the list"),
    shown: () => ({ ...shown, resources: performance.getEntriesByType("resource").map((entry) => [entry.name, entry.encodedBodySize, entry.responseEnd, entry.contentEncoding ?? ""]) }),
    echoes: () => echoes.splice(0),
    /** Records the time of each frame, and with `tails` which line is the newest in it. */
    record: (tails = false) => {
      recording = { frames: [], blank: 0, tails, newest: -1, arrivals: [] };
      requestAnimationFrame(frame(recording));
    },
    stop: () => {
      const done = recording && { ...recording, end: performance.timeOrigin + performance.now() };
      recording = null;
      return done;
    },
    /** Resolves with the ms from the next press of Enter or the mouse until `isThere` holds in a painted frame. */
    after: (isThere, what) => within(new Promise((resolve) => {
      const begin = (event) => {
        if (event.type === "keydown" && event.key !== "Enter") return;
        for (const type of ["keydown", "pointerdown"]) removeEventListener(type, begin, true);
        const look = () => {
          if (isThere()) afterPaint((at) => resolve(at - event.timeStamp));
          else requestAnimationFrame(look);
        };
        look();
      };
      for (const type of ["keydown", "pointerdown"]) addEventListener(type, begin, true);
    }), what),
    /** Whether the list shows lines, and only lines with this text. */
    showsOnly: (text) => {
      const rows = Array.from(document.querySelectorAll("[data-log]"));
      return rows.length > 0 && rows.every((row) => row.textContent.includes(text));
    },
  };
})();
