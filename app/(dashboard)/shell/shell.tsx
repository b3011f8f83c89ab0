"use client";
import { Menu as MenuIcon } from "lucide-react";
import Link from "next/link";
import { usePathname } from "next/navigation";
import { type ReactNode, Suspense, useEffect, useState } from "react";
import type { Permission } from "@/lib/model/user";
import { IconButton } from "@/app/ui/button";
import { cx } from "@/app/ui/cx";
import { Drawer } from "@/app/ui/dialog";
import { entryOf, NAV } from "@/app/(dashboard)/nav";
import { Brand } from "./brand";
import { ScopePicker } from "./scope-picker";
import styles from "./shell.module.css";
import { TimePicker } from "./time-picker";

export interface ShellProps {
  permissions: readonly Permission[];
  /** Small numbers beside entries, by href: open incidents. */
  counts?: Record<string, number>;
  services: readonly string[];
  health: ReactNode;
  account: ReactNode;
  omnibox: ReactNode;
  /** Lines above every page: mail is not leaving, sample data is loaded. */
  banner?: ReactNode;
  children: ReactNode;
}

/** The frame round every page of the dashboard: where to go at the side, what to look at on top. */
export function Shell({ permissions, counts = {}, services, health, account, omnibox, banner, children }: ShellProps) {
  const pathname = usePathname();
  const entry = entryOf(pathname);
  return (
    <div className={styles.app}>
      <a href="#content" className={styles.skip}>
        Skip to content
      </a>
      <aside className={styles.side}>
        <div className={styles.sticky}>
          <Link href="/" className={styles.brand}>
            <Brand />
          </Link>
          <Nav permissions={permissions} counts={counts} pathname={pathname} />
        </div>
      </aside>
      <div className={styles.main}>
        <header className={styles.top}>
          <PhoneNav permissions={permissions} counts={counts} pathname={pathname}>
            <Suspense>{entry?.scoped && <ScopePicker services={services} />}</Suspense>
          </PhoneNav>
          <div className="hide-on-phone">
            <Suspense>{entry?.scoped && <ScopePicker services={services} />}</Suspense>
          </div>
          <div className={styles.omni}>{omnibox}</div>
          <div className={styles.tools}>
            <Suspense>{entry?.timed && <TimePicker />}</Suspense>
            {health}
            {account}
          </div>
        </header>
        {banner && <div className={styles.banner}>{banner}</div>}
        <main id="content" className={cx("stack", styles.content)} tabIndex={-1}>
          {children}
        </main>
      </div>
    </div>
  );
}

interface NavProps {
  permissions: readonly Permission[];
  counts: Record<string, number>;
  pathname: string;
}

function Nav({ permissions, counts, pathname }: NavProps) {
  const current = entryOf(pathname);
  return (
    <nav aria-label="Pages" className={styles.nav}>
      {NAV.map((group) => {
        const entries = group.entries.filter((entry) => !entry.permission || permissions.includes(entry.permission));
        if (entries.length === 0) return null;
        return (
          <div key={group.label} role="group" aria-label={group.label}>
            <small aria-hidden>{group.label}</small>
            {entries.map((entry) => (
              <Link
                key={entry.href}
                href={entry.href}
                className={cx(styles.entry, entry === current && styles.on)}
                aria-current={entry === current ? "page" : undefined}
              >
                <entry.icon size={16} strokeWidth={1.7} aria-hidden />
                {entry.label}
                {(counts[entry.href] ?? 0) > 0 && (
                  <b className="num">
                    {counts[entry.href]}
                    <span className="visually-hidden"> open</span>
                  </b>
                )}
              </Link>
            ))}
          </div>
        );
      })}
    </nav>
  );
}

/** The places behind a button, where there is no room for the side bar; what narrows the page stands above them. */
function PhoneNav({ children, ...props }: NavProps & { children: ReactNode }) {
  const [open, setOpen] = useState(false);
  useEffect(() => setOpen(false), [props.pathname]);
  return (
    <div className={styles.phoneNav}>
      <Drawer
        side="left"
        open={open}
        onOpenChange={setOpen}
        title={
          <span className={styles.brand}>
            <Brand />
          </span>
        }
        trigger={
          <IconButton label="Pages" className={styles.burger}>
            <MenuIcon aria-hidden />
          </IconButton>
        }
      >
        <div className={cx("only-on-phone", styles.drawerScope)}>{children}</div>
        <Nav {...props} />
      </Drawer>
    </div>
  );
}
