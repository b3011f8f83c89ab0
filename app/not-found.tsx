import { LinkButton } from "./ui/button";
import { EmptyState } from "./ui/states";

export default function NotFound() {
  return (
    <main>
      <EmptyState title="There is nothing at this address." action={<LinkButton href="/">Go to the overview</LinkButton>} />
    </main>
  );
}
