// Draws logs and counts. Log text becomes text nodes only, never markup.

const SVG = "http://www.w3.org/2000/svg";
const SEVERITIES = ["error", "warn", "info", "debug"];
const SHAPES = { debug: "○", info: "●", warn: "▲", error: "■" };

const cell = (text, className = "") => {
  const td = document.createElement("td");
  td.className = className;
  td.textContent = text;
  return td;
};

/** "2026-11-22 10:00:00.123" in the reader's own time zone. */
export function localTime(iso) {
  const date = new Date(iso);
  const pad = (number, width = 2) => String(number).padStart(width, "0");
  const day = `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
  return `${day} ${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}.${pad(date.getMilliseconds(), 3)}`;
}

/** A table row of a log; `open` is called with the log when its message is activated. */
export function row(log, open) {
  const tr = document.createElement("tr");
  tr.className = SEVERITIES.includes(log.severity) ? log.severity : "info";
  const message = cell("", "message");
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = log.message;
  button.addEventListener("click", () => open(log));
  message.append(button);
  const time = cell(localTime(log.timestamp));
  time.title = log.timestamp;
  tr.append(time, cell(`${SHAPES[log.severity] ?? ""} ${log.severity}`, "severity"), cell(log.service_id), message);
  return tr;
}

/** Bars of counts over time, stacked by severity; `zoom(start, end)` is called with ISO times. */
export function histogram(svg, caption, counts, zoom) {
  svg.replaceChildren();
  const most = Math.max(1, ...counts.items.map((bucket) => bucket.count));
  const width = 600 / Math.max(1, counts.items.length);
  counts.items.forEach((bucket, index) => {
    let top = 48;
    for (const severity of [...SEVERITIES].reverse()) {
      const height = ((bucket.groups[severity] ?? 0) / most) * 46;
      if (!height) continue;
      top -= height;
      const bar = document.createElementNS(SVG, "rect");
      const place = { x: index * width, y: top, width: Math.max(0.5, width - 0.6), height, class: severity };
      Object.entries(place).forEach(([name, value]) => bar.setAttribute(name, value));
      const end = new Date(Date.parse(bucket.start) + counts.interval_seconds * 1000).toISOString();
      bar.addEventListener("click", () => zoom(bucket.start, end));
      const title = document.createElementNS(SVG, "title");
      title.textContent = `${localTime(bucket.start)}: ${bucket.groups[severity]} ${severity}`;
      bar.append(title);
      svg.append(bar);
    }
  });
  const sums = SEVERITIES.map((severity) => {
    const sum = counts.items.reduce((total, bucket) => total + (bucket.groups[severity] ?? 0), 0);
    return sum ? `${SHAPES[severity]} ${sum.toLocaleString()} ${severity}` : "";
  });
  const first = counts.items[0];
  const span = document.createElement("span");
  span.textContent = [`${counts.total.toLocaleString()} logs${counts.partial ? " or more" : ""}`, ...sums.filter(Boolean)].join(" · ");
  const since = document.createElement("span");
  since.textContent = first ? `from ${localTime(first.start)}, ${counts.interval_seconds} s per bar` : "";
  caption.replaceChildren(span, since);
}

/** Fill the dialog with every field of a log and show it. */
export function detail(dialog, log) {
  dialog.querySelector("#detail-message").textContent = log.message;
  const fields = { ...log, ...Object.fromEntries(Object.entries(log.attributes ?? {}).map(([name, value]) => [`attributes.${name}`, value])) };
  delete fields.message;
  delete fields.attributes;
  const list = dialog.querySelector("#detail-fields");
  list.replaceChildren();
  for (const [name, value] of Object.entries(fields)) {
    if (value == null) continue;
    const term = document.createElement("dt");
    term.textContent = name;
    const text = document.createElement("dd");
    text.textContent = typeof value === "string" ? value : JSON.stringify(value);
    list.append(term, text);
  }
  dialog.showModal();
}

/** Fill a report: verdict, summary, claims, and under each the lines it rests on as links. */
export function report(main, { project_id: project, status, question, failure, report: found }) {
  const put = (name, text) => (main.querySelector(`#report-${name}`).textContent = text);
  put("title", question || "What happened?");
  put("summary", found ? `${found.verdict}: ${found.summary}` : status === "failed" ? `It failed: ${failure?.detail ?? ""}` : `It is ${status} …`);
  put("note", found?.degraded_reason ? `Without a model: ${found.degraded_reason}.` : "");
  const lines = new Map((found?.evidence ?? []).map((line) => [line.log_id, line]));
  const claims = (found?.claims ?? []).map((claim) => {
    const item = document.createElement("li");
    item.textContent = claim.text;
    const list = document.createElement("ul");
    for (const id of claim.citations) {
      const line = lines.get(id);
      const link = document.createElement("a");
      link.href = `/projects/${project}/logs/${id}`;
      link.textContent = line ? `${localTime(line.timestamp)} ${line.service_id} ${line.severity}: ${line.message.split("\n")[0]}` : id;
      const entry = document.createElement("li");
      entry.append(link);
      list.append(entry);
    }
    item.append(list);
    return item;
  });
  main.querySelector("#report-claims").replaceChildren(...claims);
}
