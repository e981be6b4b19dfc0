import { ActionIcon, Button, Menu } from "@mantine/core";
import { IconChevronDown, IconMenu2, IconMoon, IconSearch, IconSun } from "@tabler/icons-react";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { Logo } from "@/components/logo";
import { useSession } from "@/lib/api/session";
import { writeStored } from "@/lib/page/storage";
import { openPalette } from "../commands/command-palette";
import { useColorScheme } from "../use-color-scheme";
import { AccountMenu } from "./account-menu";
import { ApiView } from "./api-view";
import { areasOf } from "./areas";
import classes from "./shell.module.css";

export function Header() {
  const { project } = useParams({ strict: false });
  const { scheme, choose } = useColorScheme();
  return (
    <header className={classes.header}>
      {project ? <AreaMenu project={project} /> : null}
      <Link to="/" className={classes.brand} aria-label="Logloop">
        <Logo />
        <span>Logloop</span>
      </Link>
      <ProjectSwitcher project={project} />
      {project ? (
        <nav className={classes.nav} aria-label="Main">
          {areasOf(project)
            .filter(({ isTab }) => isTab)
            .map(({ name, to, params }) => (
              <Link key={name} to={to} params={params} activeProps={{ "aria-current": "page" }}>
                {name}
              </Link>
            ))}
        </nav>
      ) : null}
      <span className="grow" />
      <Button
        className={classes.search}
        leftSection={<IconSearch size={14} aria-hidden />}
        rightSection={<kbd>Ctrl K</kbd>}
        onClick={openPalette}
      >
        Go to or run…
      </Button>
      <ApiView />
      <ActionIcon
        aria-label={scheme === "dark" ? "Use the light theme" : "Use the dark theme"}
        onClick={() => choose(scheme === "dark" ? "light" : "dark")}
      >
        {scheme === "dark" ? <IconSun size={16} aria-hidden /> : <IconMoon size={16} aria-hidden />}
      </ActionIcon>
      <AccountMenu />
    </header>
  );
}

/** The areas of a project on narrow screens. */
function AreaMenu({ project }: { project: string }) {
  return (
    <Menu position="bottom-start">
      <Menu.Target>
        <ActionIcon className={classes.burger} aria-label="Menu" size={40}>
          <IconMenu2 size={18} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {areasOf(project).map(({ name, to, params }) => (
          <Menu.Item key={name} renderRoot={(props) => <Link to={to} params={params} {...props} />}>
            {name}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

function ProjectSwitcher({ project }: { project: string | undefined }) {
  const session = useSession();
  const navigate = useNavigate();
  const projects = session?.projects ?? [];
  const handleChoose = (id: string) => {
    writeStored("project", id);
    void navigate({ to: "/projects/$project/logs", params: { project: id } });
  };
  return (
    <Menu position="bottom-start">
      <Menu.Target>
        <Button variant="subtle" color="gray" rightSection={<IconChevronDown size={12} aria-hidden />}>
          {project ?? "Projects"}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>Projects</Menu.Label>
        {projects.map((item) => (
          <Menu.Item key={item.project_id} onClick={() => handleChoose(item.project_id)}>
            {item.name} <span className="muted small">{item.role}</span>
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item component={Link} to="/projects">
          All projects
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
