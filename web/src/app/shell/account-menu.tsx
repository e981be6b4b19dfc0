import { Menu, UnstyledButton } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { query } from "@/lib/api/client";
import { useSession } from "@/lib/api/session";
import { readStored, writeStored } from "@/lib/page/storage";
import classes from "./shell.module.css";

export function AccountMenu() {
  const session = useSession();
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const { project: shown } = useParams({ strict: false });
  if (!session) return null;
  const projects = session.projects.map((item) => item.project_id);
  const project = shown ?? projects.find((id) => id === readStored("project")) ?? projects[0];
  const handleSignOut = async (everywhere: boolean) => {
    const ended = await query.DELETE("/api/v1/session", { params: { query: { everywhere } } });
    writeStored("drafts", null);
    queryClient.clear();
    if (ended.data?.provider_url) {
      location.assign(ended.data.provider_url);
      return;
    }
    await navigate({ to: "/sign-in", search: { next: undefined } });
  };
  return (
    <Menu>
      <Menu.Target>
        <UnstyledButton aria-label={`Account of ${session.email ?? session.name}`} p={4}>
          <span className={classes.avatar}>{(session.name || session.id).slice(0, 1).toUpperCase()}</span>
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{session.email ?? session.name}</Menu.Label>
        {project ? (
          <>
            <Menu.Item
              renderRoot={(props) => (
                <Link to="/projects/$project/settings" params={{ project }} {...props} />
              )}
            >
              Settings
            </Menu.Item>
            <Menu.Item
              renderRoot={(props) => (
                <Link to="/projects/$project/settings/appearance" params={{ project }} {...props} />
              )}
            >
              Appearance
            </Menu.Item>
            <Menu.Divider />
          </>
        ) : null}
        {session.kind === "user" ? (
          <>
            {session.has_password ? (
              <>
                <Menu.Item component={Link} to="/account/password">
                  Change password
                </Menu.Item>
                <Menu.Item component={Link} to="/account/two-factor">
                  Two-factor sign-in
                </Menu.Item>
                <Menu.Divider />
              </>
            ) : null}
            <Menu.Item onClick={() => void handleSignOut(false)}>Sign out</Menu.Item>
            <Menu.Item onClick={() => void handleSignOut(true)}>Sign out on all devices</Menu.Item>
          </>
        ) : (
          <Menu.Item disabled>Signing in is switched off</Menu.Item>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}
