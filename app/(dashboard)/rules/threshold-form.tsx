"use client";
import { Input, Select } from "@/app/ui/field";
import { Level } from "@/lib/model/alert";
import styles from "./rules.module.css";
import { readThresholds, THRESHOLDS, type Threshold, withThreshold } from "./thresholds";

/** The numbers of a rule as a form over its text: what the text does not say is not shown. */
export function ThresholdForm({ yaml, onChange, disabled }: { yaml: string; onChange: (yaml: string) => void; disabled: boolean }) {
  const values = readThresholds(yaml);
  const shown = THRESHOLDS.filter(({ key }) => values[key] !== undefined);
  const set = (key: Threshold, value: string) => onChange(withThreshold(yaml, key, value));
  return (
    <div className={styles.side}>
      <h3>Thresholds</h3>
      <p className="muted small">The same text, as a form.</p>
      {shown.length === 0 && <p className="muted small">This rule has no numbers to set.</p>}
      {shown.map(({ key, label }) => (
        <label key={key} className={styles.threshold}>
          <span>{label}</span>
          {key === "level" ? (
            <Select value={values[key]} disabled={disabled} onChange={(event) => set(key, event.target.value)}>
              {Level.options.map((level) => (
                <option key={level}>{level}</option>
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
