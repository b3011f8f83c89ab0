"use client";
import { useState } from "react";
import { Checkbox, Field, Input, Textarea } from "@/app/ui/field";
import styles from "./keys.module.css";

/** What the form shows of a key. */
export interface KeyTermsShown {
  name: string;
  scopes: readonly string[];
  services: readonly string[];
  allowedNetworks: readonly string[];
  eventsPerSecond: number | null;
  /** Last day, YYYY-MM-DD, UTC; empty: no end. */
  expires: string;
}

export const NEW_KEY: KeyTermsShown = {
  name: "",
  scopes: ["ingest"],
  services: [],
  allowedNetworks: [],
  eventsPerSecond: null,
  expires: "",
};

const SCOPES = [
  { key: "ingest", label: "Send events", hint: "What services and log shippers need." },
  { key: "read", label: "Read", hint: "Events, alerts and incidents through the API." },
  { key: "import", label: "Send the past", hint: "Events older than a day, which never mail." },
];

/** The questions about a key; what was written stays while something is to be mended. */
export function KeyFields({ terms, problems }: { terms: KeyTermsShown; problems: Record<string, string> }) {
  const [values, setValues] = useState({
    ...terms,
    services: terms.services.join(", "),
    allowedNetworks: terms.allowedNetworks.join("\n"),
    eventsPerSecond: terms.eventsPerSecond === null ? "" : String(terms.eventsPerSecond),
  });
  const bind = (name: "name" | "services" | "allowedNetworks" | "eventsPerSecond" | "expires") => ({
    id: `key-${name}`,
    name,
    value: values[name],
    onChange: (event: { target: { value: string } }) => setValues({ ...values, [name]: event.target.value }),
    invalid: Boolean(problems[name]),
  });
  const toggle = (scope: string) =>
    setValues({
      ...values,
      scopes: values.scopes.includes(scope) ? values.scopes.filter((each) => each !== scope) : [...values.scopes, scope],
    });
  return (
    <>
      <Field id="key-name" label="Name" hint="Who uses it, for example orders-api production." error={problems.name}>
        <Input {...bind("name")} required maxLength={100} autoComplete="off" hinted />
      </Field>
      <fieldset>
        <legend className="strong">It may</legend>
        {SCOPES.map((scope) => (
          <Checkbox
            key={scope.key}
            name="scopes"
            value={scope.key}
            checked={values.scopes.includes(scope.key)}
            onChange={() => toggle(scope.key)}
            label={scope.label}
            hint={scope.hint}
          />
        ))}
        {problems.scopes && <p role="alert">{problems.scopes}</p>}
      </fieldset>
      <Field id="key-services" label="Only for these services" optional error={problems.services}>
        <Input {...bind("services")} placeholder="orders-api, payments" autoComplete="off" spellCheck={false} />
      </Field>
      <Field
        id="key-allowedNetworks"
        label="Only from these addresses"
        optional
        hint="Addresses and networks, one a line."
        error={problems.allowedNetworks}
      >
        <Textarea {...bind("allowedNetworks")} className="mono" rows={2} placeholder="203.0.113.0/24" spellCheck={false} hinted />
      </Field>
      <div className={styles.two}>
        <Field id="key-eventsPerSecond" label="Events a second" optional error={problems.eventsPerSecond}>
          <Input {...bind("eventsPerSecond")} inputMode="numeric" pattern="[0-9]*" autoComplete="off" />
        </Field>
        <Field id="key-expires" label="Last day" optional error={problems.expiresAt}>
          <Input {...bind("expires")} type="date" />
        </Field>
      </div>
    </>
  );
}
