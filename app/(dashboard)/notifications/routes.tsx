"use client";
import { useState, useTransition } from "react";
import { AddButton, useEditing } from "@/app/save-form";
import { UPDATE_TIMES } from "@/lib/incidents/messages";
import { Button } from "@/app/ui/button";
import { Card } from "@/app/ui/card";
import { Dot } from "@/app/ui/badge";
import { Problem } from "@/app/ui/field";
import { Menu } from "@/app/ui/menu";
import { EmptyState } from "@/app/ui/states";
import { useToast } from "@/app/ui/toast";
import { plural } from "@/lib/model/format";
import { type RouteInput, routeInput } from "@/lib/model/route";
import { removeRouteAction, saveRouteAction, testRouteAction } from "./actions";
import styles from "./notifications.module.css";
import { RouteDialog } from "./route-dialog";
import type { Whom } from "./whom";

export interface ShownRoute extends RouteInput {
  id: string;
  sentence: string;
}

/** The routes as sentences. */
export function Routes({
  routes,
  whom,
  zone,
  mayChange,
}: {
  routes: ShownRoute[];
  whom: Whom;
  /** The viewer's: what addresses without an account read in. */
  zone: string;
  mayChange: boolean;
}) {
  const { add, change, dialog } = useEditing<ShownRoute>();
  const [problem, setProblem] = useState<string | null>(null);
  const [, start] = useTransition();
  const toast = useToast();
  const run = (
    work: () => ReturnType<typeof removeRouteAction> | ReturnType<typeof testRouteAction> | ReturnType<typeof saveRouteAction>,
    said: (value: unknown) => string,
  ) =>
    start(async () => {
      const state = await work();
      setProblem(state.status === "failed" ? state.message : null);
      if (state.status === "done") toast(said(state.value));
    });
  const items = (route: ShownRoute) => [
    { key: "edit", label: "Change…", onSelect: () => change(route) },
    ...(["me", "everybody"] as const).map((to) => ({
      key: `test-${to}`,
      label: to === "me" ? "Send me a real one" : "Send a real one to all it names",
      onSelect: () =>
        run(
          () => testRouteAction(route.id, to),
          (sent) => `${plural(Number(sent), "message")} on the way.`,
        ),
    })),
    {
      key: "switch",
      label: route.enabled ? "Switch off" : "Switch on",
      onSelect: () =>
        run(
          () => saveRouteAction(route.id, { ...routeInput(route), enabled: !route.enabled }),
          () => (route.enabled ? "It is off." : "It is on."),
        ),
    },
    { kind: "line" as const, key: "line" },
    {
      key: "remove",
      label: "Remove",
      danger: true,
      onSelect: () =>
        run(
          () => removeRouteAction(route.id),
          () => "It is removed.",
        ),
    },
  ];
  return (
    <Card flush title="Routes" note="who hears of what" aside={mayChange && <AddButton onClick={add}>Add a route</AddButton>}>
      <Problem>{problem}</Problem>
      {routes.length === 0 && <EmptyState title="No route.">Nobody is told of anything. Incidents wait on the dashboard.</EmptyState>}
      <ul className={styles.routes}>
        {routes.map((route) => (
          <li key={route.id}>
            <Dot tone={route.enabled ? "ok" : "info"}>
              <b className="strong">{route.name}</b>
            </Dot>
            <span className="break">{route.sentence}.</span>
            <span className="muted small">{route.enabled ? "on" : "off"}</span>
            {mayChange && <Menu label={`Route ${route.name}`} trigger={<Button size="s">Change…</Button>} items={items(route)} />}
          </li>
        ))}
      </ul>
      <p className={styles.fine}>
        First mail at once; updates when it gets worse, or {UPDATE_TIMES} after it opened while it grows and nobody has taken it; one when
        it is resolved. Ten mails an hour for each person, then one for all the rest. Imported and sample events never send anything.
      </p>
      {dialog((route, onClose) => (
        <RouteDialog route={route} whom={whom} zone={zone} onClose={onClose} />
      ))}
    </Card>
  );
}
