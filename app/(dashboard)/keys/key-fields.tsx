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
  bytesPerSecond: number | null;
  burst: number | null;
  dailyQuota: number | null;
  certificate: string | null;
  trustSourceIp: boolean;
  /** Last day, YYYY-MM-DD, UTC; empty: no end. */
  expires: string;
}

export const NEW_KEY: KeyTermsShown = {
  name: "",
  scopes: ["ingest"],
  services: [],
  allowedNetworks: [],
  eventsPerSecond: null,
  bytesPerSecond: null,
  burst: null,
  dailyQuota: null,
  certificate: null,
  trustSourceIp: true,
  expires: "",
};

const SCOPES = [
  { key: "ingest", label: "Send events", hint: "What services and log shippers need." },
  { key: "read", label: "Read", hint: "Events, alerts and incidents through the API." },
  { key: "import", label: "Send the past", hint: "Events older than a day, which never mail." },
  { key: "rules", label: "Change rules", hint: "Rules, exceptions and imports of rules, for detection as code." },
];

const NUMBERS = ["eventsPerSecond", "bytesPerSecond", "burst", "dailyQuota"] as const;
const MORE = ["bytesPerSecond", "burst", "dailyQuota", "certificate"] as const;
type Written = "name" | "services" | "allowedNetworks" | "certificate" | "expires" | (typeof NUMBERS)[number];
const NUMERIC = { inputMode: "numeric", pattern: "[0-9]*", autoComplete: "off" } as const;
const asText = (value: number | string | null): string => (value === null ? "" : String(value));

/** The questions about a key; what was written stays while something is to be mended. */
export function KeyFields({ terms, problems }: { terms: KeyTermsShown; problems: Record<string, string> }) {
  const [values, setValues] = useState({
    ...terms,
    services: terms.services.join(", "),
    allowedNetworks: terms.allowedNetworks.join("\n"),
    eventsPerSecond: asText(terms.eventsPerSecond),
    bytesPerSecond: asText(terms.bytesPerSecond),
    burst: asText(terms.burst),
    dailyQuota: asText(terms.dailyQuota),
    certificate: asText(terms.certificate),
  });
  const bind = (name: Written) => ({
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
          <Input {...bind("eventsPerSecond")} {...NUMERIC} />
        </Field>
        <Field id="key-expires" label="Last day" optional error={problems.expiresAt}>
          <Input {...bind("expires")} type="date" />
        </Field>
      </div>
      <details className={styles.more} open={MORE.some((name) => problems[name]) || undefined}>
        <summary>More limits</summary>
        <div className={styles.form}>
          <div className={styles.two}>
            <Field id="key-burst" label="At once, events" optional hint="Beyond the rate; else two seconds' worth." error={problems.burst}>
              <Input {...bind("burst")} {...NUMERIC} hinted />
            </Field>
            <Field id="key-bytesPerSecond" label="Bytes a second" optional error={problems.bytesPerSecond}>
              <Input {...bind("bytesPerSecond")} {...NUMERIC} />
            </Field>
          </div>
          <Field id="key-dailyQuota" label="Events a day" optional hint="Counted from midnight UTC." error={problems.dailyQuota}>
            <Input {...bind("dailyQuota")} {...NUMERIC} hinted />
          </Field>
          <Field
            id="key-certificate"
            label="Only with this TLS client certificate"
            optional
            hint="Its SHA-256 fingerprint, as openssl x509 -fingerprint -sha256 prints it."
            error={problems.certificate}
          >
            <Input {...bind("certificate")} className="mono" autoComplete="off" spellCheck={false} hinted />
          </Field>
          <Checkbox
            name="trustSourceIp"
            defaultChecked={terms.trustSourceIp}
            label="Believe the source address in its events"
            hint="Untick for senders that speak only of themselves: their own address is then the source."
          />
        </div>
      </details>
    </>
  );
}
