import { useEffect, useState } from "react";
import classes from "./skeleton.module.css";

const WIDTHS = [62, 48, 74, 40, 66, 55, 71, 44];

/** Grey rows in place of what is being loaded. Nothing is shown for the first 200 ms. */
export function SkeletonRows({ rows = 8, label = "Loading" }: { rows?: number; label?: string }) {
  const [visible, setVisible] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setVisible(true), 200);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div className={classes.rows} role="status" aria-label={label}>
      {visible
        ? Array.from({ length: rows }, (_, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the rows have no identity.
            <div key={index} className={classes.row} aria-hidden>
              <i style={{ width: 88 }} />
              <i style={{ width: 32 }} />
              <i style={{ width: 64 }} />
              <i style={{ width: `${WIDTHS[index % WIDTHS.length]}%` }} />
            </div>
          ))
        : null}
    </div>
  );
}
