// Paths: the usual ways, more of them.
import { PathsCard } from "../parts/paths-card";

export function Paths() {
  return <PathsCard limit={50} />;
}
