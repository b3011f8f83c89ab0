import Link from "next/link";
import type { ReactNode } from "react";
import { cx } from "./cx";
import styles from "./tabs.module.css";

interface LinkTab {
  key: string;
  label: ReactNode;
  href: string;
  count?: ReactNode;
}

/** Views of one page, each with its own address. */
export function LinkTabs({ tabs, current, label }: { tabs: readonly LinkTab[]; current: string; label: string }) {
  return (
    <nav className={styles.tabs} aria-label={label}>
      {tabs.map((tab) => (
        <Link
          prefetch={false}
          key={tab.key}
          href={tab.href}
          className={cx(styles.tab, tab.key === current && styles.on)}
          aria-current={tab.key === current ? "page" : undefined}
        >
          {tab.label}
          {tab.count !== undefined && <span className={cx("num", styles.count)}>{tab.count}</span>}
        </Link>
      ))}
    </nav>
  );
}

/** The same, as joined small buttons: two or three ways to look at one thing. */
export function Segments({ tabs, current, label }: { tabs: readonly LinkTab[]; current: string; label: string }) {
  return (
    <nav className={styles.segments} aria-label={label}>
      {tabs.map((tab) => (
        <Link
          prefetch={false}
          key={tab.key}
          href={tab.href}
          scroll={false}
          className={cx(styles.segment, tab.key === current && styles.segmentOn)}
          aria-current={tab.key === current ? "true" : undefined}
        >
          {tab.label}
        </Link>
      ))}
    </nav>
  );
}

/** The same look for a choice that has no address of its own. */
export function SegmentButtons<Key extends string>({
  options,
  current,
  label,
  onChange,
}: {
  options: readonly { key: Key; label: ReactNode }[];
  current: Key;
  label: string;
  onChange: (key: Key) => void;
}) {
  return (
    <div className={styles.segments} role="group" aria-label={label}>
      {options.map(({ key, label: text }) => (
        <button key={key} type="button" className={styles.segment} aria-pressed={key === current} onClick={() => onChange(key)}>
          {text}
        </button>
      ))}
    </div>
  );
}
