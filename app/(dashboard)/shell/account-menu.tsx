"use client";
import { LogOut, Monitor, Moon, Sun, UserRound } from "lucide-react";
import { useEffect, useState } from "react";
import { savePreference } from "@/app/preference-actions";
import { leave } from "@/app/sign-out";
import { Avatar } from "@/app/ui/avatar";
import { Menu } from "@/app/ui/menu";
import type { Role } from "@/lib/model/user";
import styles from "./shell.module.css";

const themes = [
  { key: "system", label: "System theme", icon: <Monitor aria-hidden /> },
  { key: "light", label: "Light", icon: <Sun aria-hidden /> },
  { key: "dark", label: "Dark", icon: <Moon aria-hidden /> },
] as const;

function showTheme(theme: string): void {
  document.documentElement.dataset.theme = theme;
}

/** Who is signed in, how the product looks to them, and the way out. */
export function AccountMenu({ name, email, role }: { name: string; email: string; role: Role }) {
  const [theme, setTheme] = useState<string>();
  useEffect(() => setTheme(document.documentElement.dataset.theme), []);
  const choose = (next: (typeof themes)[number]["key"]) => {
    showTheme(next); // at once; the server remembers it meanwhile
    setTheme(next);
    void savePreference({ theme: next });
  };
  return (
    <Menu
      label="Account"
      trigger={
        <button type="button" className={styles.account} aria-label={`Account of ${name}`}>
          <Avatar name={name} />
        </button>
      }
      items={[
        {
          kind: "heading",
          key: "who",
          label: (
            <>
              <b className="strong">{name}</b>
              <br />
              {email}, {role}
            </>
          ),
        },
        { key: "account", label: "Your account", icon: <UserRound aria-hidden />, href: "/account" },
        { kind: "line", key: "line 1" },
        ...themes.map((entry) => ({ ...entry, checked: theme === entry.key, onSelect: () => choose(entry.key) })),
        { kind: "line", key: "line 2" },
        { key: "about", label: "About Vedette", href: "/about" },
        { key: "leave", label: "Sign out", icon: <LogOut aria-hidden />, onSelect: () => void leave() },
      ]}
    />
  );
}
