import { Modal } from "@mantine/core";
import { CopyButton } from "@/components/copy-button";
import { curlCommand, useCurrentApiRequests } from "@/lib/api/api-requests";
import classes from "./shell.module.css";

/** What the page asked the API, as commands for a terminal. */
export function ApiDialog({ onClose }: { onClose: () => void }) {
  const requests = useCurrentApiRequests();
  return (
    <Modal opened onClose={onClose} title="This page as API requests" size={720}>
      {requests.map((request) => {
        const command = curlCommand(request, location.origin);
        return (
          <section key={request.name} className={classes.apiRequest}>
            <div className="row">
              <h3 className="grow">{request.name}</h3>
              <CopyButton text={command} label="Copy" />
            </div>
            <pre>{command}</pre>
          </section>
        );
      })}
      <p className="soft">
        Put an API key into <code>LOGLOOP_API_KEY</code>. All operations are in{" "}
        <a href="/docs" target="_blank" rel="noopener">
          Swagger
        </a>
        .
      </p>
    </Modal>
  );
}
