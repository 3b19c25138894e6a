// Budget: what a move of money would gain or lose, and whether the data can tell.
import { BudgetCard } from "../parts/budget-card";

export function Budget() {
  return <BudgetCard />;
}
