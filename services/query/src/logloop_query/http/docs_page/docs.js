"use strict";

const select = document.getElementById("service");
const signIn = document.getElementById("sign-in");
const signOut = document.getElementById("sign-out");
const who = document.getElementById("who");

function show(service) {
  select.value = service;
  SwaggerUIBundle({
    url: `/api/v1/openapi/${service}.json`,
    dom_id: "#ui",
    deepLinking: true,
    displayRequestDuration: true,
    filter: true,
    tryItOutEnabled: true,
    docExpansion: "list",
    defaultModelsExpandDepth: 0,
    validatorUrl: null,
  });
}

function showCaller(me) {
  signIn.hidden = Boolean(me);
  signOut.hidden = !me || me.kind !== "user";
  who.textContent = me ? `Signed in as ${me.name}` : "";
}

async function refresh() {
  const response = await fetch("/api/v1/session");
  showCaller(response.ok ? await response.json() : null);
}

signIn.addEventListener("submit", async (event) => {
  event.preventDefault();
  const fields = new FormData(signIn);
  const response = await fetch("/api/v1/session", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ email: fields.get("email"), password: fields.get("password") }),
  });
  const body = await response.json();
  if (response.ok) {
    signIn.reset();
    showCaller(body);
  } else {
    who.textContent = body.detail;
  }
});

signOut.addEventListener("click", async () => {
  await fetch("/api/v1/session", { method: "DELETE" });
  await refresh();
});

select.addEventListener("change", () => {
  history.replaceState(null, "", `?service=${select.value}`);
  show(select.value);
});

const wanted = new URLSearchParams(location.search).get("service");
const known = Array.from(select.options, (option) => option.value);
show(known.includes(wanted) ? wanted : "query");
refresh();
