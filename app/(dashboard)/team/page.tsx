import type { Metadata } from "next";
import { currentContext } from "@/app/session";
import { Avatar } from "@/app/ui/avatar";
import { Dot } from "@/app/ui/badge";
import { Card } from "@/app/ui/card";
import { PageHeader } from "@/app/ui/page-header";
import { NoPermission } from "@/app/ui/states";
import { type Column, Table } from "@/app/ui/table";
import { Ago } from "@/app/ui/time";
import { may } from "@/lib/access/require-permission";
import { listTeam } from "@/lib/access/team";
import { formatCount, plural } from "@/lib/model/format";
import type { User } from "@/lib/model/user";
import { Invite } from "./invite";
import { PersonMenu } from "./person-menu";
import { ROLES } from "./roles";
import styles from "./team.module.css";

export const metadata: Metadata = { title: "Team" };

function State({ user }: { user: User }) {
  if (user.disabledAt) return <Dot tone="critical">Locked out</Dot>;
  if (user.mustChangePassword) return <Dot tone="medium">Not here yet</Dot>;
  return <Dot tone="ok">Active</Dot>;
}

const columns = (self: string, change: boolean): Column<User>[] => [
  {
    id: "name",
    header: "Person",
    phone: "title",
    cell: (user) => (
      <span className={styles.person}>
        <Avatar name={user.name} size="l" />
        <span className={styles.names}>
          <b className="strong">
            {user.name}
            {user.id === self && <span className="faint"> (you)</span>}
          </b>
          <span className="muted small">{user.email}</span>
        </span>
      </span>
    ),
  },
  { id: "role", header: "Role", width: "150px", cell: (user) => <span title={ROLES[user.role].text}>{ROLES[user.role].name}</span> },
  { id: "state", header: "State", width: "150px", cell: (user) => <State user={user} /> },
  {
    id: "seen",
    header: "Last here",
    width: "150px",
    cell: (user) => <span className="muted">{user.lastSeenAt ? <Ago at={user.lastSeenAt.getTime()} /> : "never"}</span>,
  },
  ...(change
    ? [
        {
          id: "do",
          header: "",
          label: "Actions",
          align: "end" as const,
          width: "56px",
          cell: (user: User) => (
            <PersonMenu
              user={{ id: user.id, name: user.name, role: user.role, disabled: Boolean(user.disabledAt) }}
              own={user.id === self}
            />
          ),
        },
      ]
    : []),
];

/** Who is in, and what each may do. */
export default async function TeamPage() {
  const ctx = await currentContext();
  if (!may(ctx, "user:read")) return <NoPermission what="see the team" />;
  const users = await listTeam(ctx);
  const admins = users.filter((user) => user.role === "admin" && !user.disabledAt).length;
  const change = may(ctx, "user:write");
  return (
    <>
      <PageHeader
        title={users.length === 1 ? "You are alone here." : `${plural(users.length, "person", "people")} can see what happens.`}
        proof={
          admins === 1
            ? "One administrator. A second one makes sure that somebody can always help."
            : `${formatCount(admins)} administrators.`
        }
        actions={change && <Invite />}
      />
      <Card flush>
        <Table
          caption="People"
          columns={columns(ctx.actor.type === "user" ? ctx.actor.id : "", change)}
          rows={users}
          rowKey={(user) => user.id}
        />
      </Card>
      <Card title="What each role may do">
        <dl className={styles.roles}>
          {Object.values(ROLES).map((role) => (
            <div key={role.name}>
              <dt className="strong">{role.name}</dt>
              <dd className="muted">{role.text}</dd>
            </div>
          ))}
        </dl>
      </Card>
    </>
  );
}
