"use client";
import { useState } from "react";
import { ExceptionForm } from "@/app/(dashboard)/rules/exception-form";
import { Button } from "@/app/ui/button";
import { Card } from "@/app/ui/card";

/** An exception for every rule at once: the address of one's own scanner, for example. */
export function NewException() {
  const [open, setOpen] = useState(false);
  if (!open)
    return (
      <div>
        <Button onClick={() => setOpen(true)}>Add one for every rule</Button>
      </div>
    );
  return (
    <Card title="For every rule" flush>
      <ExceptionForm ruleId={null} suggestion={null} onDone={() => setOpen(false)} />
    </Card>
  );
}
