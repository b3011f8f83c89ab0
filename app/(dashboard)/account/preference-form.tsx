"use client";
import { useRouter } from "next/navigation";
import { useState, useTransition } from "react";
import { savePreference } from "@/app/preference-actions";
import { Field, Select } from "@/app/ui/field";
import styles from "./account.module.css";

type Theme = "system" | "light" | "dark";
type Density = "comfortable" | "compact";

function show(name: "theme" | "density", value: string): void {
  document.documentElement.dataset[name] = value;
}

/** Theme, density and time zone: each holds as soon as it is chosen. */
export function PreferenceForm({
  theme,
  density,
  zone,
  zones,
}: {
  theme: Theme;
  density: Density;
  zone: string;
  zones: readonly string[];
}) {
  const router = useRouter();
  const [values, setValues] = useState({ theme, density, zone });
  const [busy, start] = useTransition();
  const save = (change: { theme?: Theme; density?: Density; timeZone?: string }) =>
    start(async () => {
      await savePreference(change);
      router.refresh();
    });
  const all = zones.includes("UTC") ? zones : ["UTC", ...zones];
  return (
    <div className={styles.form}>
      <Field id="theme" label="Theme">
        <Select
          id="theme"
          value={values.theme}
          onChange={(event) => {
            const next = event.target.value as Theme;
            setValues({ ...values, theme: next });
            show("theme", next);
            save({ theme: next });
          }}
        >
          <option value="system">As the system</option>
          <option value="light">Light</option>
          <option value="dark">Dark</option>
        </Select>
      </Field>
      <Field id="density" label="Rows of tables">
        <Select
          id="density"
          value={values.density}
          onChange={(event) => {
            const next = event.target.value as Density;
            setValues({ ...values, density: next });
            show("density", next);
            save({ density: next });
          }}
        >
          <option value="comfortable">Comfortable</option>
          <option value="compact">Compact</option>
        </Select>
      </Field>
      <Field id="zone" label="Time zone" hint="Times everywhere are shown in it, with the distance from UTC beside them.">
        <Select
          id="zone"
          hinted
          value={values.zone}
          onChange={(event) => {
            setValues({ ...values, zone: event.target.value });
            save({ timeZone: event.target.value });
          }}
        >
          {(all.includes(values.zone) ? all : [values.zone, ...all]).map((name) => (
            <option key={name} value={name}>
              {name.replaceAll("_", " ")}
            </option>
          ))}
        </Select>
      </Field>
      <span role="status" className="muted small">
        {busy && "Saving…"}
      </span>
    </div>
  );
}
