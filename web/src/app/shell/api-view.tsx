import { Button } from "@mantine/core";
import { lazy, Suspense, useState } from "react";
import classes from "./shell.module.css";

const ApiDialog = lazy(async () => ({ default: (await import("./api-dialog")).ApiDialog }));

/** Shows what the page asked the API, as commands for a terminal. */
export function ApiView() {
  const [opened, setOpened] = useState(false);
  return (
    <>
      <Button variant="subtle" color="gray" className={classes.api} onClick={() => setOpened(true)}>
        API
      </Button>
      {opened ? (
        <Suspense fallback={null}>
          <ApiDialog onClose={() => setOpened(false)} />
        </Suspense>
      ) : null}
    </>
  );
}
