import classes from "./loop-strip.module.css";

export type LoopStep = {
  kind: "log" | "explanation" | "workflow";
  name: string;
  note: string;
  /** It happened, it happens now, or it may come next. */
  state: "done" | "now" | "next";
  /** Time since the step before, such as "+3.1 s". */
  delta?: string | undefined;
};

const SHAPES = {
  log: <path d="M1.5 1.5h7v7h-7z" />,
  explanation: <path d="M5 .8 9.2 5 5 9.2.8 5z" />,
  workflow: <path d="M1.8 1 8.8 5l-7 4z" />,
};

/** The shape of a step of the loop: log ■, explanation ◆, workflow ▶. */
export function LoopShape({ kind, state }: Pick<LoopStep, "kind" | "state">) {
  return (
    <svg
      width="10"
      height="10"
      viewBox="0 0 10 10"
      className={`${classes.shape} ${classes[state]}`}
      aria-hidden="true"
    >
      {SHAPES[kind]}
    </svg>
  );
}

/** Where something stands in the loop log → explanation → workflow → log. */
export function LoopStrip({ steps }: { steps: readonly LoopStep[] }) {
  return (
    <ol className={classes.strip} aria-label="The loop">
      {steps.map((step) => (
        <li key={`${step.name} ${step.note}`} className={`${classes.step} ${classes[step.state]}`}>
          <LoopShape kind={step.kind} state={step.state} />
          {step.delta ? <span className={classes.delta}>{step.delta}</span> : null}
          <b>{step.name}</b>
          <span>{step.note}</span>
        </li>
      ))}
    </ol>
  );
}
