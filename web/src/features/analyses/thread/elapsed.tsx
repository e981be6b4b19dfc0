import { useEffect, useState } from "react";
import { formatDuration } from "@/lib/time/time";

/** The seconds since a moment, counting. */
export function Elapsed({ since }: { since: number }) {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 200);
    return () => clearInterval(timer);
  }, []);
  return <>{formatDuration(Math.max(0, (now - since) / 1000))}</>;
}
