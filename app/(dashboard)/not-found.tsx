import { LinkButton } from "@/app/ui/button";
import { Card } from "@/app/ui/card";
import { EmptyState } from "@/app/ui/states";

/** An address that leads nowhere, or to something that is gone. */
export default function NotFound() {
  return (
    <Card>
      <EmptyState title="There is nothing at this address." action={<LinkButton href="/">Go to the overview</LinkButton>}>
        It may have been removed, or the link was cut short on its way.
      </EmptyState>
    </Card>
  );
}
