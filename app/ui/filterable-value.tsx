"use client";
import { Ban, Copy, ExternalLink, ListFilter } from "lucide-react";
import { usePathname, useRouter, useSearchParams } from "next/navigation";
import { DropdownMenu } from "radix-ui";
import { createContext, type ReactNode, useCallback, useContext, useEffect, useRef, useState } from "react";
import { withTerm } from "@/lib/query/edit";
import { entityHref } from "@/lib/query/entities";
import { EVENT_FIELDS } from "@/lib/query/event-fields";
import { visible } from "@/lib/model/visible";
import { findField } from "@/lib/query/fields";
import { cx } from "./cx";
import styles from "./filterable-value.module.css";
import menu from "./menu.module.css";
import { useToast } from "./toast";

interface Asked {
  field: string;
  value: string;
  anchor: HTMLElement;
}

const MenuContext = createContext<((asked: Asked) => void) | null>(null);

/** The events page with one condition more; from elsewhere, a fresh question in the same span of time. */
function useFilterHref(): (field: string, value: string, negate: boolean) => string {
  const pathname = usePathname();
  const params = useSearchParams();
  return useCallback(
    (field, value, negate) => {
      const next = new URLSearchParams();
      for (const key of ["last", "from", "to", "service"]) if (params.get(key)) next.set(key, params.get(key) ?? "");
      const q = pathname === "/events" ? (params.get("q") ?? "") : "";
      next.set("q", tryWithTerm(q, { field, value, negate }));
      return `/events?${next}`;
    },
    [pathname, params],
  );
}

/** A query that cannot be read is replaced: a click must always do something sensible. */
function tryWithTerm(q: string, change: { field: string; value: string; negate: boolean }): string {
  try {
    return withTerm(q, EVENT_FIELDS, change);
  } catch {
    return withTerm("", EVENT_FIELDS, change);
  }
}

/**
 * Gives every FilterableValue below one shared menu, so that a table of a thousand values carries one menu and not a thousand. `f` and `Shift+F` on a
 * focused value filter at once.
 */
export function FilterMenuProvider({ children }: { children: ReactNode }) {
  const [asked, setAsked] = useState<Asked | null>(null);
  const [open, setOpen] = useState(false);
  const show = useCallback((next: Asked) => {
    setAsked(next);
    setOpen(true);
  }, []);
  return (
    <MenuContext value={show}>
      {children}
      {asked && <ValueMenu key={`${asked.field} ${asked.value}`} asked={asked} open={open} onOpenChange={setOpen} />}
    </MenuContext>
  );
}

function ValueMenu({ asked, open, onOpenChange }: { asked: Asked; open: boolean; onOpenChange: (open: boolean) => void }) {
  const router = useRouter();
  const toast = useToast();
  const href = useFilterHref();
  const { field, value, anchor } = asked;
  const box = anchor.getBoundingClientRect();
  const entity = entityHref(field, value);
  const copy = () => {
    const done = navigator.clipboard?.writeText(value);
    if (done) void done.then(() => toast("Copied."));
    else toast("The clipboard is not open here: select and copy by hand.");
  };
  const label = findField(EVENT_FIELDS, field)?.label ?? field;
  return (
    <DropdownMenu.Root open={open} onOpenChange={onOpenChange} modal={false}>
      <DropdownMenu.Trigger asChild>
        <span className={styles.anchor} style={{ left: box.left, top: box.top, width: box.width, height: box.height }} aria-hidden />
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          className={menu.menu}
          align="start"
          sideOffset={4}
          collisionPadding={8}
          aria-label={`${label}: ${value.slice(0, 100)}`}
          onCloseAutoFocus={(event) => {
            event.preventDefault();
            anchor.focus({ preventScroll: true });
          }}
        >
          <DropdownMenu.Label className={menu.heading}>
            {label} <span className="mono">{value.length > 120 ? `${value.slice(0, 120)}…` : value}</span>
          </DropdownMenu.Label>
          <DropdownMenu.Item className={menu.item} onSelect={() => router.push(href(field, value, false))}>
            <ListFilter aria-hidden />
            <span className={menu.label}>Filter for</span>
            <span className={menu.hint}>f</span>
          </DropdownMenu.Item>
          <DropdownMenu.Item className={menu.item} onSelect={() => router.push(href(field, value, true))}>
            <Ban aria-hidden />
            <span className={menu.label}>Filter out</span>
            <span className={menu.hint}>⇧ F</span>
          </DropdownMenu.Item>
          {entity && (
            <DropdownMenu.Item className={menu.item} onSelect={() => router.push(entity)}>
              <ExternalLink aria-hidden />
              <span className={menu.label}>Open its page</span>
            </DropdownMenu.Item>
          )}
          <DropdownMenu.Item className={menu.item} onSelect={copy}>
            <Copy aria-hidden />
            <span className={menu.label}>Copy</span>
          </DropdownMenu.Item>
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

/**
 * A value of an event that can be asked about by clicking it. `field` is its public name in the query language. Outside a FilterMenuProvider, or for a
 * field nobody knows, it is plain text. `quiet`: not a tab stop of its own (in rows, where the row is one).
 */
export function FilterableValue({
  field,
  value,
  children,
  mono = false,
  quiet = false,
  className,
}: {
  field: string;
  value: string;
  children?: ReactNode;
  mono?: boolean;
  quiet?: boolean;
  className?: string;
}) {
  const show = useContext(MenuContext);
  const button = useRef<HTMLButtonElement>(null);
  const router = useRouter();
  const href = useFilterHref();
  useEffect(() => {
    const element = button.current;
    if (!element) return;
    const onKey = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== "f" || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      event.stopPropagation();
      router.push(href(field, value, event.shiftKey));
    };
    element.addEventListener("keydown", onKey);
    return () => element.removeEventListener("keydown", onKey);
  }, [field, value, href, router]);
  const known = findField(EVENT_FIELDS, field);
  const shown = typeof children === "string" ? visible(children) : (children ?? visible(value));
  if (!show || !known) return <span className={cx(mono && "mono", className)}>{shown}</span>;
  return (
    <button
      ref={button}
      type="button"
      className={cx(styles.value, mono && "mono", className)}
      tabIndex={quiet ? -1 : undefined}
      aria-haspopup="menu"
      title={value.slice(0, 300)}
      onClick={(event) => {
        event.stopPropagation();
        if (button.current) show({ field, value, anchor: button.current });
      }}
    >
      {shown}
    </button>
  );
}
