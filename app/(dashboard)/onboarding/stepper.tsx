import { Check } from "lucide-react";
import { cx } from "@/app/ui/cx";
import type { Progress } from "./headline";
import styles from "./onboarding.module.css";

/** The steps of the first run, done ones ticked; the first open one is the present. */
export function Stepper({ facts }: { facts: Progress }) {
  const steps = [
    { name: "Name your service", done: facts.hasKey || facts.first },
    { name: "Send an event", done: facts.first },
    { name: "Check what arrives", done: facts.first && facts.toMend === 0 },
    { name: "Try an attack", done: facts.attacked },
    { name: "Invite your team", done: !facts.alone },
  ];
  const present = steps.findIndex((step) => !step.done);
  return (
    <ol className={styles.steps} aria-label="Steps">
      {steps.map((step, index) => (
        <li
          key={step.name}
          className={cx(step.done && styles.done, index === present && styles.now)}
          aria-current={index === present ? "step" : undefined}
        >
          <i aria-hidden>{step.done ? <Check size={12} strokeWidth={2.4} /> : index + 1}</i>
          <span>
            {step.name}
            {step.done && <span className="visually-hidden">, done</span>}
          </span>
        </li>
      ))}
    </ol>
  );
}
