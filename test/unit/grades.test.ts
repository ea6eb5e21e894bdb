import { describe, expect, test } from "vitest";
import { compareGrades, gradeOrder, isKnownGrade, normalizedGrade } from "../../src/clever/grades";

describe("grades", () => {
  test("in Clever's spelling are unchanged", () => {
    for (const grade of gradeOrder) {
      expect(normalizedGrade(grade)).toBe(grade);
      expect(isKnownGrade(grade)).toBe(true);
    }
  });

  test.each([
    ["K", "Kindergarten"],
    ["KG", "Kindergarten"],
    ["kindergarten", "Kindergarten"],
    ["PK", "PreKindergarten"],
    ["Pre-K", "PreKindergarten"],
    ["pre kindergarten", "PreKindergarten"],
    ["TK", "TransitionalKindergarten"],
    ["Transitional Kindergarten", "TransitionalKindergarten"],
    ["Infant/Toddler", "InfantToddler"],
    ["01", "1"],
    [" 9 ", "9"],
    ["10", "10"],
    ["13", "13"],
    ["1st", "1"],
    ["3rd Grade", "3"],
    ["Grade 12", "12"],
    ["PG", "PostGraduate"],
    ["Post-Graduate", "PostGraduate"],
    ["UNGRADED", "Ungraded"],
    ["other", "Other"],
  ])("in the form %s become Clever's %s", (text, grade) => {
    expect(normalizedGrade(text)).toBe(grade);
  });

  test.each(["14", "0", "-1", "Exchange", "Año 3", "100", "1.2", "1-2", "K-5", "001"])(
    "unknown to Clever, such as %s, are kept",
    (text) => {
      expect(normalizedGrade(` ${text} `)).toBe(text);
      expect(isKnownGrade(text)).toBe(false);
    },
  );

  test("are in Clever's order, then unknown ones by name, no grade last", () => {
    const shuffled = [
      null,
      "Zeta",
      "10",
      "Other",
      "2",
      "Kindergarten",
      "Alpha",
      "PreKindergarten",
      "1",
      "13",
    ];
    expect([...shuffled].sort(compareGrades)).toEqual([
      ...["PreKindergarten", "Kindergarten", "1", "2", "10", "13", "Other", "Alpha", "Zeta", null],
    ]);
  });
});
