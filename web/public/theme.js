// Sets the colour scheme before the first paint.
(() => {
  let choice = null;
  try {
    choice = localStorage.getItem("logloop.theme");
  } catch {
    // Storage may be blocked; the system's scheme applies.
  }
  const dark = choice === "dark" || (choice !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset.theme = dark ? "dark" : "light";
  document.documentElement.dataset.mantineColorScheme = dark ? "dark" : "light";
})();
