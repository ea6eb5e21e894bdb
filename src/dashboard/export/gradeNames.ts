import type { Translate } from "./texts";

/** The names of Clever's grades that are not numbers. */
export function gradeNames(t: Translate): Readonly<Record<string, string>> {
  return {
    InfantToddler: t("InfantToddler"),
    Preschool: t("Preschool"),
    PreKindergarten: t("PreKindergarten"),
    TransitionalKindergarten: t("TransitionalKindergarten"),
    Kindergarten: t("Kindergarten"),
    PostGraduate: t("PostGraduate"),
    Ungraded: t("Ungraded"),
    Other: t("Other"),
  };
}
