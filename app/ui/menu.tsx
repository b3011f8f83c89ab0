"use client";
import Link from "next/link";
import { DropdownMenu } from "radix-ui";
import type { ReactNode } from "react";
import { cx } from "./cx";
import styles from "./menu.module.css";

/** One line of a menu: goes somewhere (`href`) or does something (`onSelect`); or a line between groups; or a heading. */
export type MenuItem =
  | {
      kind?: "item";
      key: string;
      label: ReactNode;
      icon?: ReactNode;
      hint?: string;
      href?: string;
      onSelect?: () => void;
      danger?: boolean;
      disabled?: boolean;
      checked?: boolean;
    }
  | { kind: "line"; key: string }
  | { kind: "heading"; key: string; label: ReactNode };

/** A menu under its trigger (a button). Arrow keys, first letters and Escape work. */
export function Menu({
  trigger,
  items,
  label,
  align = "end",
  open,
  onOpenChange,
}: {
  trigger: ReactNode;
  items: readonly MenuItem[];
  label: string;
  align?: "start" | "end";
  open?: boolean;
  onOpenChange?: (open: boolean) => void;
}) {
  return (
    <DropdownMenu.Root modal={false} open={open} onOpenChange={onOpenChange}>
      <DropdownMenu.Trigger asChild>{trigger}</DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className={styles.menu} align={align} sideOffset={6} collisionPadding={8} aria-label={label}>
          {items.map((item) => (
            <Entry key={item.key} item={item} />
          ))}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

function Entry({ item }: { item: MenuItem }) {
  if (item.kind === "line") return <DropdownMenu.Separator className={styles.line} />;
  if (item.kind === "heading") return <DropdownMenu.Label className={styles.heading}>{item.label}</DropdownMenu.Label>;
  const inside = (
    <>
      {item.icon}
      <span className={styles.label}>{item.label}</span>
      {item.hint && <span className={styles.hint}>{item.hint}</span>}
    </>
  );
  const className = cx(styles.item, item.danger && styles.danger);
  if (item.checked !== undefined)
    return (
      <DropdownMenu.CheckboxItem
        className={className}
        checked={item.checked}
        onCheckedChange={() => item.onSelect?.()}
        disabled={item.disabled}
      >
        {inside}
        <DropdownMenu.ItemIndicator className={styles.tick}>✓</DropdownMenu.ItemIndicator>
      </DropdownMenu.CheckboxItem>
    );
  return (
    <DropdownMenu.Item className={className} disabled={item.disabled} onSelect={item.onSelect} asChild={Boolean(item.href)}>
      {item.href ? <Link href={item.href}>{inside}</Link> : inside}
    </DropdownMenu.Item>
  );
}
