import { type ReactNode, Suspense } from "react";
import { requireSignedIn } from "@/app/session";
import { BrowserZone } from "@/app/ui/browser-zone";
import { FilterMenuProvider } from "@/app/ui/filterable-value";
import { contextOf } from "@/lib/access/sign-in";
import { permissionsOf } from "@/lib/model/user";
import { countOpenIncidents, listServiceNames } from "@/lib/store/overview-reads";
import { AccountMenu } from "./shell/account-menu";
import { SampleBanner } from "./shell/sample-banner";
import { HealthLight } from "./shell/health-light";
import { Omnibox } from "./shell/omnibox";
import { Shell } from "./shell/shell";

/** The frame of the dashboard. Each page asks again who is there: a layout is not rendered anew on every step. */
export default async function DashboardLayout({ children }: { children: ReactNode }) {
  const { user } = await requireSignedIn();
  const permissions = permissionsOf[user.role];
  const now = new Date();
  const [open, services] = await Promise.all([countOpenIncidents(), listServiceNames(now)]);
  return (
    <>
      <BrowserZone />
      <Shell
        permissions={permissions}
        counts={{ "/incidents": open }}
        services={services}
        health={
          <Suspense>
            <HealthLight now={now} />
          </Suspense>
        }
        account={<AccountMenu name={user.name} email={user.email} role={user.role} />}
        banner={
          <Suspense>
            <SampleBanner ctx={contextOf(user, now)} />
          </Suspense>
        }
        omnibox={<Omnibox permissions={permissions} />}
      >
        <FilterMenuProvider>{children}</FilterMenuProvider>
      </Shell>
    </>
  );
}
