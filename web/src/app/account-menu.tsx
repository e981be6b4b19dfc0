import { Menu, UnstyledButton } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { query } from "@/lib/api/client";
import { useSession } from "@/lib/session";
import classes from "./shell.module.css";

export function AccountMenu() {
  const session = useSession();
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  if (!session) return null;
  const handleSignOut = async (everywhere: boolean) => {
    await query.DELETE("/api/v1/session", { params: { query: { everywhere } } });
    queryClient.clear();
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
        {session.kind === "user" ? (
          <>
            <Menu.Item component={Link} to="/account/password">
              Change password
            </Menu.Item>
            <Menu.Divider />
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
