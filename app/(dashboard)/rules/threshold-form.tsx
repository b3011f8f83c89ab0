"use client";
import { Input, Select } from "@/app/ui/field";
import { Level } from "@/lib/model/alert";
import styles from "./rules.module.css";
import { readThresholds, THRESHOLDS, type Threshold, withThreshold } from "./thresholds";

const GROUPS = ["source.ip", "source.network", "actor.id", "credential.id", "session.id", "service"];

/** The numbers of a rule as a form over its text: what the text does not say is not shown. */
export function ThresholdForm({
  yaml,
  before,
  onChange,
  disabled,
}: {
  yaml: string;
  /** The text in force: what a number was. */
  before: string;
  onChange: (yaml: string) => void;
  disabled: boolean;
}) {
  const values = readThresholds(yaml);
  const was = readThresholds(before);
  const shown = THRESHOLDS.filter(({ key }) => values[key] !== undefined);
  const set = (key: Threshold, value: string) => onChange(withThreshold(yaml, key, value));
  return (
    <div className={styles.side}>
      <h3>Thresholds</h3>
      <p className="muted small">The same text, as a form.</p>
      {shown.length === 0 && <p className="muted small">This rule has no numbers to set.</p>}
      {shown.map(({ key, label }) => (
        <label key={key} className={styles.threshold}>
          <span>
            {label}
            {was[key] !== undefined && was[key] !== values[key] && <span className="muted"> was {was[key]}</span>}
          </span>
          {key === "level" ? (
            <Select value={values[key]} disabled={disabled} onChange={(event) => set(key, event.target.value)}>
              {Level.options.map((level) => (
                <option key={level}>{level}</option>
              ))}
            </Select>
          ) : key === "group" ? (
            <Select value={values[key]} disabled={disabled} onChange={(event) => set(key, event.target.value)}>
              {[...new Set([values[key] ?? "", ...GROUPS])].map((field) => (
                <option key={field}>{field}</option>
              ))}
            </Select>
          ) : (
            <Input value={values[key]} disabled={disabled} onChange={(event) => set(key, event.target.value)} />
          )}
        </label>
      ))}
    </div>
  );
}
