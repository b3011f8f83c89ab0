"use client";
import { useRouter } from "next/navigation";
import { useCallback, useEffect, useState } from "react";
import { useToast } from "@/app/ui/toast";
import type { EventSummary } from "@/lib/model/event-words";
import type { Chosen } from "./event-drawer";
import { type EventView, frozen, viewHref } from "./view";

/** The rows of the page and those fetched after them; a new address starts anew. */
export function useRows(page: { events: EventSummary[]; next: string | null } | null, search: string) {
  const [older, setOlder] = useState<{ events: EventSummary[]; next: string | null }>({ events: [], next: page?.next ?? null });
  const [state, setState] = useState<"idle" | "busy" | string>("idle");
  useEffect(() => {
    setOlder({ events: [], next: page?.next ?? null });
    setState("idle");
  }, [page]);
  const more = async () => {
    if (older.next === null) return;
    setState("busy");
    const answer = await fetch(`/api/dashboard/events/page?${search}&cursor=${encodeURIComponent(older.next)}`).catch(() => null);
    const body = (await answer?.json().catch(() => null)) as { events: EventSummary[]; next: string | null; detail?: string } | null; // cast: our own route
    if (!answer?.ok || !body) {
      setState(body?.detail ?? "The server could not be reached.");
      return;
    }
    setOlder((before) => ({ events: [...before.events, ...body.events], next: body.next }));
    setState("idle");
  };
  const failed = state !== "idle" && state !== "busy" ? state : undefined;
  return { events: [...(page?.events ?? []), ...older.events], next: older.next, more: () => void more(), busy: state === "busy", failed };
}

/** Which event is open. It stands in the address as `event=<time>~<id>`, so that a link opens it; stepping through rows leaves no trail in the history. */
export function useChosen(params: URLSearchParams) {
  const written = params.get("event");
  const found = written === null ? null : /^(-?\d{1,16})~(.+)$/s.exec(written);
  const [event, setEvent] = useState<Chosen | undefined>(found?.[2] ? { at: Number(found[1]), id: found[2] } : undefined);
  const write = (next: Chosen | undefined) => {
    setEvent(next);
    const address = new URL(window.location.href);
    if (next) address.searchParams.set("event", `${next.at}~${next.id}`);
    else address.searchParams.delete("event");
    window.history.replaceState(null, "", address);
  };
  const open = useCallback((next: Chosen) => write({ id: next.id, at: next.at }), []);
  const close = useCallback(() => write(undefined), []);
  return { event, open, close };
}

/** True while the page is scrolled away from its rows' top, so that live rows do not push what is being read. */
export function useScrolled(active: boolean): boolean {
  const [scrolled, setScrolled] = useState(false);
  useEffect(() => {
    if (!active) return;
    const start = window.scrollY;
    const onScroll = () => setScrolled(window.scrollY > start + 16);
    window.addEventListener("scroll", onScroll, { passive: true });
    return () => window.removeEventListener("scroll", onScroll);
  }, [active]);
  return active && scrolled;
}

/** Copies a link that shows exactly this to everyone who may see it: its span no longer moves. */
export function useShare(view: Pick<EventView, "q" | "range" | "service">): (event: Chosen | undefined) => void {
  const router = useRouter();
  const toast = useToast();
  return (event) => {
    const address = new URL(viewHref(view, { range: frozen(view.range) }), window.location.href);
    if (event) address.searchParams.set("event", `${event.at}~${event.id}`);
    const done = navigator.clipboard?.writeText(address.href);
    if (done) void done.then(() => toast("Link copied. It keeps this span of time, in UTC."));
    else {
      router.replace(`${address.pathname}${address.search}`);
      toast("The clipboard is not open here. The address bar now holds the link.");
    }
  };
}
