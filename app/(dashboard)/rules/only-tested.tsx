import { Banner } from "@/app/ui/states";

/** Says that nobody hears of what a rule says. */
export function OnlyTested({ what }: { what: "rule" | "detector" }) {
  return (
    <Banner>
      This {what} is only being tested: its alerts stand on this page, open no incident and mail nobody. Switch it on when what it says is
      right.
    </Banner>
  );
}
