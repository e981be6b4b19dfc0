import type { ReactNode } from "react";
import { PageFooter } from "./page-footer";
import classes from "./text-page.module.css";

/** A page that is read from top to bottom, with the footer of all pages. */
export function TextPage({
  title,
  intro,
  children,
  footer,
}: {
  title: string;
  intro: ReactNode;
  children: ReactNode;
  footer?: ReactNode;
}) {
  return (
    <>
      <div className={classes.text}>
        <h1>{title}</h1>
        <p className="soft">{intro}</p>
        {children}
      </div>
      <PageFooter>{footer}</PageFooter>
    </>
  );
}
