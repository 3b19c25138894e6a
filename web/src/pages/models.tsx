// Models: credit with its intervals, the whole comparison, and what speaks for or against it beside.
import { CreditCard } from "../parts/credit-card";
import { LiftCard } from "../parts/lift-card";
import { ModelsCard } from "../parts/models-card";
import { WindowsCard } from "../parts/windows-card";

export function Models() {
  return (
    <div className="grid gap-4">
      <CreditCard />
      <ModelsCard isWhole />
      <div className="grid items-start gap-4 2xl:grid-cols-2">
        <LiftCard />
        <WindowsCard />
      </div>
    </div>
  );
}
