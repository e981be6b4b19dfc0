let probe: HTMLElement | undefined;

/** Returns the colour that a design token has now, for a canvas: light-dark() is resolved for the theme in use. */
export function tokenColour(name: string): string {
  if (!probe) {
    probe = document.createElement("span");
    probe.hidden = true;
    document.body.append(probe);
  }
  probe.style.color = `var(${name})`;
  return getComputedStyle(probe).color;
}
