// biome-ignore format: a line each, as below
import {
  Activity,
  ArrowLeftRight,
  ChartLine,
  Bell,
  Building2,
  CirclePlus,
  Contact,
  House,
  KeyRound,
  List,
  Lock,
  type LucideIcon,
  ScanSearch,
  ScrollText,
  TriangleAlert,
  UserRound,
  Users,
  Webhook,
} from "lucide-react";
import type { Permission } from "@/lib/model/user";

/** One place to go. `timed` and `scoped` say which of the header's choices the page obeys; only those are shown there. */
export interface NavEntry {
  href: string;
  label: string;
  icon: LucideIcon;
  /** Who may not do this does not see the entry. */
  permission?: Permission;
  timed?: boolean;
  scoped?: boolean;
}

/** The one list of places, in the order of the side bar. A page that exists has its line here, one line each. */
// biome-ignore format: a line each, so that two who add a page do not meet
export const NAV: readonly { label: string; entries: readonly NavEntry[] }[] = [
  {
    label: "Watch",
    entries: [
      { href: "/", label: "Overview", icon: House, timed: true, scoped: true },
      { href: "/incidents", label: "Incidents", icon: TriangleAlert, permission: "incident:read" },
      { href: "/events", label: "Events", icon: List, permission: "event:read", timed: true, scoped: true },
      { href: "/people", label: "People and keys", icon: Contact, permission: "event:read", timed: true, scoped: true },
      { href: "/sessions", label: "Sessions", icon: UserRound, permission: "event:read", timed: true, scoped: true },
      { href: "/failed-attempts", label: "Failed attempts", icon: Lock, permission: "event:read", timed: true, scoped: true },
      { href: "/traffic", label: "Traffic", icon: ChartLine, permission: "event:read", timed: true, scoped: true },
      { href: "/third-parties", label: "Third parties", icon: ArrowLeftRight, permission: "event:read", timed: true, scoped: true },
    ],
  },
  {
    label: "Control",
    entries: [
      { href: "/rules", label: "Rules", icon: ScanSearch, permission: "rule:read" },
      { href: "/keys", label: "API keys", icon: KeyRound, permission: "key:read" },
    ],
  },
  {
    label: "Admin",
    entries: [
      { href: "/onboarding", label: "Add a service", icon: CirclePlus, permission: "key:write" },
      { href: "/incoming-webhooks", label: "Incoming webhooks", icon: Webhook, permission: "key:read" },
      { href: "/notifications", label: "Notifications", icon: Bell, permission: "notification:read" },
      { href: "/own-exits", label: "Own exits", icon: Building2, permission: "event:read" },
      { href: "/team", label: "Team", icon: Users, permission: "user:read" },
      { href: "/audit", label: "Audit", icon: ScrollText, permission: "audit:read" },
      { href: "/health", label: "Health", icon: Activity, permission: "health:read" },
    ],
  },
];

/** The entry that an address belongs to: the longest that it starts with. */
export function entryOf(pathname: string): NavEntry | undefined {
  return NAV.flatMap((group) => group.entries)
    .filter((entry) => (entry.href === "/" ? pathname === "/" : pathname === entry.href || pathname.startsWith(`${entry.href}/`)))
    .toSorted((a, b) => b.href.length - a.href.length)[0];
}
