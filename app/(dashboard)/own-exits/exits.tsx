"use client";
import Link from "next/link";
import { useTransition } from "react";
import { AddButton, FormEnd, useEditing, useSaveForm } from "@/app/save-form";
import { Button } from "@/app/ui/button";
import { Card } from "@/app/ui/card";
import { Dialog } from "@/app/ui/dialog";
import { TextField } from "@/app/ui/field";
import { EmptyState } from "@/app/ui/states";
import { type Column, Table } from "@/app/ui/table";
import { Time } from "@/app/ui/time";
import { useToast } from "@/app/ui/toast";
import type { OwnExit } from "@/lib/model/own-exit";
import { entityHref } from "@/lib/query/entities";
import { removeOwnExitAction, saveOwnExitAction } from "./actions";
import styles from "./own-exits.module.css";

const isOneAddress = (network: string): boolean => /\/(?:32|128)$/.test(network) && !(network.includes(":") && network.endsWith("/32"));
const addressOf = (network: string): string => network.slice(0, network.indexOf("/"));

function Network({ network }: { network: string }) {
  const href = isOneAddress(network) ? entityHref("ip", addressOf(network)) : undefined;
  if (href === undefined) return <span className="mono break">{network}</span>;
  return (
    <Link className="mono link break" href={href}>
      {addressOf(network)}
    </Link>
  );
}

const columns = (mayChange: boolean, onChange: (exit: OwnExit) => void): Column<OwnExit>[] => [
  { id: "name", header: "Exit", phone: "title", cell: ({ name }) => <b className="strong break">{name}</b> },
  { id: "network", header: "Address or network", cell: ({ network }) => <Network network={network} /> },
  {
    id: "added",
    header: "Added",
    width: "240px",
    cell: ({ addedAt, addedBy }) => (
      <span className="muted">
        <Time at={Date.parse(addedAt)} /> by {addedBy}
      </span>
    ),
  },
  ...(mayChange
    ? [
        {
          id: "do",
          header: "",
          label: "Change",
          align: "end" as const,
          width: "190px",
          cell: (exit: OwnExit) => <Doing exit={exit} onChange={onChange} />,
        },
      ]
    : []),
];

function Doing({ exit, onChange }: { exit: OwnExit; onChange: (exit: OwnExit) => void }) {
  const [busy, start] = useTransition();
  const toast = useToast();
  return (
    <span className="row">
      <Button size="s" onClick={() => onChange(exit)}>
        Change…
      </Button>
      <Button
        size="s"
        tone="danger"
        busy={busy}
        onClick={() =>
          start(async () => {
            const state = await removeOwnExitAction(exit.id);
            toast(state.status === "failed" ? state.message : `${exit.name} is judged like any other address now.`);
          })
        }
      >
        Remove
      </Button>
    </span>
  );
}

/** The exits as a list, with the form that adds one. */
export function Exits({ exits, mayChange }: { exits: OwnExit[]; mayChange: boolean }) {
  const { add, change, dialog } = useEditing<OwnExit>();
  return (
    <Card flush title="Your exits" note="VPN, proxies, offices" aside={mayChange && <AddButton onClick={add}>Add an exit</AddButton>}>
      <Table
        caption="Exits of the organisation, by name"
        columns={columns(mayChange, change)}
        rows={exits}
        rowKey={({ id }) => id}
        empty={
          <EmptyState title="No exit is named.">
            {mayChange
              ? "Name the address that your VPN or office leaves through, and nobody there is taken for a traveller."
              : "An administrator can name the addresses that your VPN or office leaves through."}
          </EmptyState>
        }
      />
      {dialog((exit, onClose) => (
        <ExitDialog exit={exit} onClose={onClose} />
      ))}
    </Card>
  );
}

function ExitDialog({ exit, onClose }: { exit: OwnExit | null; onClose: () => void }) {
  const { problems, busy, submit } = useSaveForm(
    (form) => saveOwnExitAction(exit?.id ?? null, { name: String(form.get("name") ?? ""), network: String(form.get("network") ?? "") }),
    { said: "Saved. Detection knows it from its next turn on.", onClose },
  );
  const known = exit && (isOneAddress(exit.network) ? addressOf(exit.network) : exit.network);
  const whole = problems.name || problems.network ? undefined : problems[""];
  return (
    <Dialog title={exit ? "Change the exit" : "Add an exit"} open onOpenChange={(open) => !open && onClose()}>
      <form onSubmit={submit} className={styles.form}>
        <TextField
          id="exit-name"
          label="Name"
          error={problems.name}
          name="name"
          defaultValue={exit?.name}
          placeholder="VPN Frankfurt"
          maxLength={80}
          required
        />
        <TextField
          id="exit-network"
          label="Address or network"
          hint="203.0.113.7, 203.0.113.0/24 or 2001:db8:4::/48, as it is seen from outside."
          error={problems.network}
          name="network"
          className="mono"
          defaultValue={known ?? ""}
          required
          spellCheck={false}
          autoComplete="off"
        />
        <FormEnd problem={whole} busy={busy} onClose={onClose} />
      </form>
    </Dialog>
  );
}
