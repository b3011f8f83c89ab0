"use client";
import { Tabs } from "radix-ui";
import type { ReactNode } from "react";
import styles from "./tabs.module.css";

/** Panels of which one is seen; the choice is not in the address. Arrow keys move between the tabs. */
export function PanelTabs({
  panels,
  label,
  initial,
}: {
  panels: readonly { key: string; label: ReactNode; content: ReactNode }[];
  label: string;
  initial?: string;
}) {
  return (
    <Tabs.Root defaultValue={initial ?? panels[0]?.key}>
      <Tabs.List className={styles.tabs} aria-label={label}>
        {panels.map((panel) => (
          <Tabs.Trigger key={panel.key} value={panel.key} className={styles.tab}>
            {panel.label}
          </Tabs.Trigger>
        ))}
      </Tabs.List>
      {panels.map((panel) => (
        <Tabs.Content key={panel.key} value={panel.key} className={styles.panel}>
          {panel.content}
        </Tabs.Content>
      ))}
    </Tabs.Root>
  );
}
