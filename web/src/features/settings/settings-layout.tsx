import { Link, Outlet, useParams } from "@tanstack/react-router";
import { useRights, useSession } from "@/lib/api/session";
import classes from "./settings.module.css";

const BASE = "/projects/$project/settings";

/** The frame of all settings, with the pages at the side. */
export function SettingsLayout() {
  const { project } = useParams({ from: "/signed-in/projects/$project/settings" });
  const rights = useRights(project);
  const session = useSession();
  const params = { project };
  return (
    <div className={classes.layout}>
      <nav className={classes.nav} aria-label="Settings">
        <h2>Project {project}</h2>
        {rights.administer ? (
          <Link to={`${BASE}/members`} params={params}>
            Members
          </Link>
        ) : null}
        {rights.administer ? (
          <Link to={`${BASE}/api-keys`} params={params}>
            API keys
          </Link>
        ) : null}
        <Link to={`${BASE}/retention`} params={params}>
          Retention
        </Link>
        <Link to={`${BASE}/models`} params={params}>
          Language models
        </Link>
        <Link to={`${BASE}/github`} params={params}>
          GitHub
        </Link>
        {rights.administer && !rights.installation ? (
          <Link to={`${BASE}/audit`} params={params}>
            Audit trail
          </Link>
        ) : null}
        <Link to="/projects/$project/services" params={params}>
          Services
        </Link>
        {rights.installation ? (
          <>
            <h2>This installation</h2>
            <Link to={`${BASE}/users`} params={params}>
              Users
            </Link>
            <Link to={`${BASE}/sign-in`} params={params}>
              Signing in
            </Link>
            <Link to={`${BASE}/audit`} params={params}>
              Audit trail
            </Link>
            <Link to={`${BASE}/dead-letters`} params={params}>
              Dead letters
            </Link>
          </>
        ) : null}
        <Link to={`${BASE}/about`} params={params}>
          About
        </Link>
        <h2>You</h2>
        <Link to={`${BASE}/appearance`} params={params}>
          Appearance
        </Link>
        {session?.has_password ? (
          <>
            <Link to="/account/password" search={{ next: undefined }}>
              Password
            </Link>
            <Link to="/account/two-factor" search={{ next: undefined }}>
              Two-factor sign-in
            </Link>
          </>
        ) : null}
      </nav>
      <div className={classes.content}>
        <Outlet />
      </div>
    </div>
  );
}
