import type { Gap } from "@/lib/api/log-tail";
import { formatClock, formatCount, useZone } from "@/lib/time/time";
import classes from "./log-list.module.css";

type GapRowProps = { gap: Gap; onShow: ((from: string, to: string) => void) | undefined };

/** Says how many lines the live tail left out at this place. */
export function GapRow({ gap, onShow }: GapRowProps) {
  const [zone] = useZone();
  return (
    // biome-ignore lint/a11y/useSemanticElements: the list is a virtual table.
    <div className={classes.gap} role="cell">
      <span aria-hidden>▲</span>
      <strong>{formatCount(gap.count)} lines left out</strong>
      between {formatClock(new Date(gap.from), zone)} and {formatClock(new Date(gap.to), zone)}, because they
      came too fast. They are stored.
      {onShow ? (
        <button type="button" onClick={() => onShow(gap.from, gap.to)}>
          Show them
        </button>
      ) : null}
    </div>
  );
}
