// Models: the whole comparison, every model.
import { ModelsCard } from "../parts/models-card";

export function Models() {
  return <ModelsCard isWhole />;
}
