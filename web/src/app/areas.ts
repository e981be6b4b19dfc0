/** The areas of a project in the order of the header. */
export function areasOf(project: string) {
  const params = { project };
  return [
    { name: "Logs", to: "/projects/$project/logs", params },
    { name: "Analyses", to: "/projects/$project/analyses", params },
    { name: "CI", to: "/projects/$project/ci", params },
  ] as const;
}
