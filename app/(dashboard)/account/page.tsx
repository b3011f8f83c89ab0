import type { Metadata } from "next";
import { readPreferences } from "@/app/preferences";
import { requireSignedIn } from "@/app/session";
import { Card } from "@/app/ui/card";
import { PageHeader } from "@/app/ui/page-header";
import { listOwnSessions } from "@/lib/access/account";
import { contextOf } from "@/lib/access/sign-in";
import { plural } from "@/lib/model/format";
import { ROLES } from "@/app/(dashboard)/team/roles";
import { PasswordForm } from "./password-form";
import { PreferenceForm } from "./preference-form";
import { ProfileForm } from "./profile-form";
import { OwnSessions } from "./own-sessions";

export const metadata: Metadata = { title: "Your account" };

/** One's own account: who am I here, where am I signed in, how do I like to look at things. */
export default async function AccountPage() {
  const { user, session } = await requireSignedIn();
  const [sessions, preferences] = await Promise.all([listOwnSessions(contextOf(user, new Date())), readPreferences()]);
  const role = ROLES[user.role];
  return (
    <>
      <PageHeader title="Your account" proof={`${role.name}: ${role.text} You are signed in at ${plural(sessions.length, "place")}.`} />
      <OwnSessions
        current={session.id}
        sessions={sessions.map(({ id, createdAt, seenAt, ip, userAgent }) => ({
          id,
          createdAt: createdAt.getTime(),
          seenAt: seenAt.getTime(),
          ip,
          userAgent,
        }))}
      />
      <div className="grid-3">
        <Card title="Who you are">
          <ProfileForm name={user.name} email={user.email} />
        </Card>
        <Card title="Password">
          <PasswordForm email={user.email} />
        </Card>
        <Card title="How it looks to you">
          <PreferenceForm
            key={preferences.zone}
            theme={preferences.theme}
            density={preferences.density}
            zone={preferences.zone ?? "UTC"}
            zones={Intl.supportedValuesOf("timeZone")}
          />
        </Card>
      </div>
    </>
  );
}
