import { Notice } from "./notice";
import layout from "./page.module.css";
import { PageFooter } from "./page-footer";

/** Says who may see a page, to those who may not. */
export function NotAllowed({ children }: { children: string }) {
  return (
    <div className={layout.page}>
      <Notice tone="info">{children}</Notice>
      <span className="grow" />
      <PageFooter />
    </div>
  );
}
