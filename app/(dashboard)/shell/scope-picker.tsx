"use client";
import { ChevronDown } from "lucide-react";
import { useRouter, useSearchParams } from "next/navigation";
import { Button } from "@/app/ui/button";
import { Menu } from "@/app/ui/menu";
import styles from "./pickers.module.css";

/** Which service the page looks at; all of them unless the address names one. */
export function ScopePicker({ services }: { services: readonly string[] }) {
  const router = useRouter();
  const params = useSearchParams();
  const chosen = params.get("service");
  const go = (service: string | null) => {
    const query = new URLSearchParams(params);
    query.delete("cursor");
    if (service) query.set("service", service);
    else query.delete("service");
    router.push(`?${query}`);
  };
  if (services.length === 0 && !chosen) return null;
  return (
    <Menu
      label="Service"
      align="start"
      trigger={
        <Button size="s" tone="quiet" className={styles.scope}>
          <span className="truncate">{chosen ?? "All services"}</span>
          <ChevronDown aria-hidden />
        </Button>
      }
      items={[
        { key: "all", label: "All services", checked: !chosen, onSelect: () => go(null) },
        { kind: "line", key: "line" },
        ...services.map((service) => ({
          key: `service ${service}`,
          label: service,
          checked: chosen === service,
          onSelect: () => go(service),
        })),
      ]}
    />
  );
}
