/** The areas of a project in the order of the header. Those that are not tabs are in the menu and the palette. */
export function areasOf(project: string) {
  const params = { project };
  return [
    { name: "Logs", to: "/projects/$project/logs", params, isTab: true },
    { name: "Analyses", to: "/projects/$project/analyses", params, isTab: true },
    { name: "CI", to: "/projects/$project/ci", params, isTab: true },
    { name: "Tests", to: "/projects/$project/tests", params, isTab: true },
    { name: "Metrics", to: "/projects/$project/metrics", params, isTab: true },
    { name: "Services", to: "/projects/$project/services", params, isTab: false },
    { name: "Settings", to: "/projects/$project/settings", params, isTab: false },
  ] as const;
}
