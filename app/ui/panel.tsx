"use client";
import { useRouter } from "next/navigation";
import { Component, type ReactNode, startTransition, Suspense } from "react";
import { Button } from "./button";
import { Card } from "./card";
import { ErrorState, Skeleton } from "./states";

class Boundary extends Component<{ name: string; retry: () => void; children: ReactNode }, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  retry = () => {
    this.props.retry();
    this.setState({ failed: false });
  };

  override render() {
    if (!this.state.failed) return this.props.children;
    return (
      <Card>
        <ErrorState
          title={`${this.props.name} could not be loaded.`}
          action={
            <Button size="s" onClick={this.retry}>
              Try again
            </Button>
          }
        >
          The rest of the page is complete.
        </ErrorState>
      </Card>
    );
  }
}

/** A part of a page that loads and fails by itself: a skeleton of its height first, and a failure that leaves the rest of the page standing. */
export function Panel({ name, height, children }: { name: string; height: number; children: ReactNode }) {
  const router = useRouter();
  return (
    <Boundary name={name} retry={() => startTransition(() => router.refresh())}>
      <Suspense fallback={<Skeleton width="100%" height={height} />}>{children}</Suspense>
    </Boundary>
  );
}
