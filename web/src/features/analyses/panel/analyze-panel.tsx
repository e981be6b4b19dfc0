import { ActionIcon, Drawer } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { IconExternalLink, IconHistory, IconX } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import type { AnalyzeSlotProps } from "@/features/logs/analyze-slot";
import classes from "./analyze-panel.module.css";
import { type Draft, NewAnalysis } from "./new-analysis";
import { PanelThread } from "./panel-thread";
import { ResizeHandle, usePanelWidth } from "./resize-handle";

/** The Analyze panel of the log viewer: asks for an analysis of the current scope, or shows one beside its lines. */
export function AnalyzePanel(props: AnalyzeSlotProps) {
  const isNarrow = useMediaQuery("(max-width: 75em)", false, { getInitialValueInEffect: false });
  const [width, setWidth] = usePanelWidth();
  const { onClose } = props;
  if (isNarrow) {
    return (
      <Drawer
        opened
        onClose={onClose}
        size="100%"
        withCloseButton={false}
        padding={0}
        aria-label="Analyze"
        classNames={{ body: classes.sheet }}
      >
        <PanelContent {...props} onShowLine={(id) => props.onShowLine(id, true)} />
      </Drawer>
    );
  }
  return (
    <aside className={classes.panel} style={{ width }} aria-label="Analyze">
      <ResizeHandle width={width} onChange={setWidth} />
      <PanelContent {...props} />
    </aside>
  );
}

function PanelContent(props: AnalyzeSlotProps) {
  const { project, analysis, onOpenAnalysis, onClose } = props;
  const [again, setAgain] = useState<Draft | null>(null);
  const isNew = analysis === "new";
  const edit = (draft: Draft) => {
    setAgain(draft);
    onOpenAnalysis("new");
  };
  return (
    <>
      <header className={classes.head}>
        <h2 className="grow clip">Analyze</h2>
        <ActionIcon
          aria-label="All analyses"
          title="All analyses"
          renderRoot={(root) => <Link to="/projects/$project/analyses" params={{ project }} {...root} />}
        >
          <IconHistory size={16} aria-hidden />
        </ActionIcon>
        {isNew ? null : (
          <ActionIcon
            aria-label="Open as a page"
            title="Open as a page"
            renderRoot={(root) => (
              <Link to="/projects/$project/analyses/$analysis" params={{ project, analysis }} {...root} />
            )}
          >
            <IconExternalLink size={16} aria-hidden />
          </ActionIcon>
        )}
        <ActionIcon aria-label="Close the panel" title="Close the panel (A)" onClick={onClose}>
          <IconX size={16} aria-hidden />
        </ActionIcon>
      </header>
      {isNew ? (
        <NewAnalysis
          {...props}
          start={again}
          onSent={(id) => {
            setAgain(null);
            onOpenAnalysis(id);
          }}
        />
      ) : (
        <PanelThread key={analysis} {...props} onEdit={edit} />
      )}
    </>
  );
}
