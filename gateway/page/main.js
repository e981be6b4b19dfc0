// The page: sign in, search, follow live. What is shown is in the address, so a link shows the same.
import { call, events, Problem } from "./api.js";
import { detail, histogram, localTime, report, row } from "./draw.js";

const PAGE = 100;
const MAX_LIVE_ROWS = 1000;
const $ = (id) => document.getElementById(id);
const state = { cursor: null, live: null, search: null, searching: null, since: null, until: null };

function show(id) {
  for (const view of ["sign-in", "logs", "report"]) $(view).hidden = view !== id;
  $("project-field").hidden = id !== "logs";
  if (id === "sign-in") $("sign-out").hidden = true;
}

function tell(error) {
  if (error?.name === "AbortError") return;
  if (error instanceof Problem && error.status === 401) {
    stopLive();
    $("who").textContent = "";
    show("sign-in");
    $("email").focus();
    return;
  }
  $("problem").textContent = error instanceof Problem ? error.message : `Logloop does not respond: ${error?.message ?? error}`;
  $("problem").hidden = false;
}

/** Run something the user asked for; what goes wrong is shown. */
async function attempt(work) {
  $("problem").hidden = true;
  try {
    await work();
  } catch (error) {
    tell(error);
  }
}

function scope() {
  return { project_id: $("project").value, q: $("query").value.trim(), since: state.since ?? $("range").value.replace("span", ""), until: state.until };
}

function remember() {
  const { project_id: project, q, since, until } = scope();
  const given = Object.entries({ project, q, since, until }).filter(([, value]) => value);
  history.replaceState(null, "", `/?${new URLSearchParams(given)}`);
}

/** What the address asks for: /projects/<project>/<logs|analyses|runs>/<id>, or a search in its parameters. */
function asked() {
  const params = new URLSearchParams(location.search);
  const [, project, kind, id] = location.pathname.match(/^\/projects\/([^/]+)\/(logs|analyses|runs)\/([^/]+)$/) ?? [];
  const named = (name, plural) => params.get(name) ?? (kind === plural ? decodeURIComponent(id) : null);
  const [log, run, analysis] = [named("log", "logs"), named("run", "runs"), named("analysis", "analyses")];
  const q = log ? `id:"${log}"` : run ? `attributes.ci.run_id:"${run}"` : (params.get("q") ?? "");
  const since = log || run ? "" : params.get("since");
  return { project: project ?? params.get("project"), log, analysis, q, since, until: params.get("until") };
}

/** Search between two moments, ISO times; either may be open. */
function choose(since, until) {
  Object.assign(state, { since, until });
  const shown = [since, until].map((time) => (time?.includes("T") ? localTime(time).slice(0, 19) : (time ?? "")));
  $("span").textContent = shown.join(" – ");
  $("span").hidden = false;
  $("range").value = "span";
}

async function enter(who) {
  if (who.must_change_password) {
    show("sign-in");
    $("sign-in-form").hidden = true;
    $("change-form").hidden = false;
    return;
  }
  $("who").textContent = who.email ?? who.name;
  $("sign-out").hidden = who.kind !== "user";
  const wanted = asked();
  if (wanted.analysis) {
    show("report");
    await explain(wanted.analysis);
    return;
  }
  $("query").value = wanted.q;
  const isRange = [...$("range").options].some((option) => option.value === wanted.since);
  if (isRange) $("range").value = wanted.since;
  if (wanted.until || (wanted.since && !isRange)) choose(wanted.since, wanted.until);
  $("project").replaceChildren(...who.projects.map((project) => new Option(project.name, project.project_id)));
  if (who.projects.some((project) => project.project_id === wanted.project)) $("project").value = wanted.project;
  show("logs");
  if (!who.projects.length) throw new Error("you are not a member of any project; ask an administrator");
  await search();
  if (wanted.log) $("rows").querySelector("button")?.click();
}

/** Show a report, once there is one. */
async function explain(id) {
  const path = `/logs/analyses/${encodeURIComponent(id)}`;
  const analysis = await call("GET", path);
  $("report-json").href = `/api/v1${path}`;
  $("report-logs").href = `/?${new URLSearchParams({ project: analysis.project_id, ...analysis.scope })}`;
  report($("report"), analysis);
  if (["queued", "running"].includes(analysis.status)) setTimeout(() => attempt(() => explain(id)), 1000);
}

function search() {
  const running = find();
  state.searching = running.catch(() => {}); // the caller of search reports the error
  return running;
}

async function find() {
  stopLive();
  state.search?.abort();
  state.search = new AbortController();
  remember();
  const { signal } = state.search;
  $("status").textContent = "Searching …";
  try {
    const [page, counts] = await Promise.all([
      call("GET", "/logs", { params: { ...scope(), limit: PAGE }, signal }),
      call("GET", "/logs/histogram", { params: { ...scope(), buckets: 100 }, signal }),
    ]);
    $("rows").replaceChildren();
    $("table").classList.remove("stale");
    append(page);
    histogram($("histogram"), $("histogram-caption"), counts, zoom);
  } catch (error) {
    if (error.name !== "AbortError") {
      $("status").textContent = "";
      $("table").classList.add("stale");
    }
    throw error;
  }
}

function append(page) {
  $("rows").append(...page.items.map((log) => row(log, open)));
  state.cursor = page.next_cursor;
  $("more").hidden = !page.next_cursor;
  $("empty").hidden = $("rows").childElementCount > 0;
  $("table").hidden = !$("empty").hidden;
  if (state.live) return; // the status is about the live logs
  const partial = page.partial ? ` The search stopped early (${page.partial_reason}); "Older logs" continues it.` : "";
  $("status").textContent = `${$("rows").childElementCount} shown, ${page.scanned.logs.toLocaleString()} logs read in ${Math.round(page.took_ms)} ms.${partial}${page.hints.map((hint) => ` ${hint}.`).join("")}`;
}

function open(log) {
  detail($("detail"), log);
}

function zoom(since, until) {
  choose(since, until);
  attempt(search);
}

function stopLive() {
  state.live?.abort();
  state.live = null;
  $("live").setAttribute("aria-pressed", "false");
}

async function follow() {
  state.live = new AbortController();
  $("live").setAttribute("aria-pressed", "true");
  const { signal } = state.live;
  await state.searching; // otherwise its result would replace the live rows and their status
  if (signal.aborted) return;
  const { project_id, q } = scope();
  let arrived = 0;
  let dropped = 0;
  $("status").textContent = "Live: waiting for new logs.";
  for await (const { event, data } of events("/logs/tail", q ? { project_id, q } : { project_id }, signal)) {
    if (event === "bye") break;
    if (event === "dropped") dropped += data.count;
    if (event === "log") {
      arrived += data.items.length;
      $("rows").prepend(...data.items.map((log) => row(log, open)).reverse());
      while ($("rows").childElementCount > MAX_LIVE_ROWS) $("rows").lastElementChild.remove();
      $("empty").hidden = true;
      $("table").hidden = false;
    }
    $("status").textContent = `Live: ${arrived.toLocaleString()} new${dropped ? `, ${dropped.toLocaleString()} skipped because they arrived too fast` : ""}.`;
  }
  if (!signal.aborted) {
    stopLive();
    $("status").textContent += " The server ended the stream; press Live to continue.";
  }
}

$("sign-in-form").addEventListener("submit", (event) => {
  event.preventDefault();
  attempt(async () => {
    try {
      await enter(await call("POST", "/session", { body: { email: $("email").value, password: $("password").value } }));
      if (!$("logs").hidden) $("password").value = "";
    } catch (error) {
      // A refused sign-in is a message here, not a reason to show the form again.
      if (error instanceof Problem && error.status === 401) throw new Problem(400, { detail: error.message });
      throw error;
    }
  });
});

$("change-form").addEventListener("submit", (event) => {
  event.preventDefault();
  attempt(async () => {
    const body = { old_password: $("password").value, new_password: $("new-password").value };
    const who = await call("PUT", "/session/password", { body });
    $("password").value = $("new-password").value = "";
    $("change-form").hidden = true;
    $("sign-in-form").hidden = false;
    await enter(who);
  });
});

$("sign-out").addEventListener("click", () => attempt(async () => {
  stopLive();
  await call("DELETE", "/session");
  location.assign("/");
}));

$("search-form").addEventListener("submit", (event) => {
  event.preventDefault();
  attempt(search);
});

for (const id of ["project", "range"]) {
  $(id).addEventListener("change", () => {
    if ($("range").value !== "span") {
      Object.assign(state, { since: null, until: null });
      $("span").hidden = true;
      $("span").textContent = ""; // its length is the list's width
    }
    attempt(search);
  });
}

$("more").addEventListener("click", () => attempt(async () => {
  append(await call("GET", "/logs", { params: { ...scope(), limit: PAGE, cursor: state.cursor } }));
}));

$("live").addEventListener("click", () => {
  if (!state.live) {
    attempt(follow).finally(() => !state.live || state.live.signal.aborted || stopLive());
    return;
  }
  stopLive();
  $("status").textContent = "Live is off.";
});

document.addEventListener("keydown", (event) => {
  if (event.key === "/" && !["INPUT", "SELECT", "TEXTAREA"].includes(document.activeElement.tagName)) {
    event.preventDefault();
    $("query").focus();
  }
});

attempt(async () => enter(await call("GET", "/session")));
