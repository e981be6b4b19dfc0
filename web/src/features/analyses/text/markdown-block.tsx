import { memo } from "react";
import Markdown, { type Components } from "react-markdown";
import remarkGfm from "remark-gfm";
import { CitationPill } from "../citations/citations";

const PLUGINS = [remarkGfm];
const WITHOUT = ["img", "input"];
const LOG_LINK = /^#log-(.+)$/;

const COMPONENTS: Components = {
  a: ({ href = "", children }) => {
    const logId = LOG_LINK.exec(href)?.[1];
    if (logId) return <CitationPill logId={decodeURIComponent(logId)} />;
    return (
      <a href={href} target="_blank" rel="noopener noreferrer nofollow">
        {children}
      </a>
    );
  },
  h1: ({ children }) => <h3>{children}</h3>,
  h2: ({ children }) => <h3>{children}</h3>,
};

/** One block of Markdown. HTML and images in it are not rendered, because models and logs are not trusted. */
export const MarkdownBlock = memo(function MarkdownBlock({ text }: { text: string }) {
  return (
    <Markdown
      remarkPlugins={PLUGINS}
      components={COMPONENTS}
      disallowedElements={WITHOUT}
      unwrapDisallowed
      skipHtml
    >
      {text}
    </Markdown>
  );
});
