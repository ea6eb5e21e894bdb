import { expect, test } from "vitest";
import { levelOfName, schoolsByLevel, schoolsOfLevels } from "../../src/dashboard/schoolLevels";

test.each([
  ["Lincoln Elementary", "elementary"],
  ["Lincoln Elem. School", "elementary"],
  ["Oak Grove Primary School", "elementary"],
  ["Highland Elementary School", "elementary"],
  ["High Point Elementary", "elementary"],
  ["Redwood ES", "elementary"],
  ["Escuela Primaria Benito Juárez", "elementary"],
  ["Escuela Elemental Luis Muñoz", "elementary"],
  ["Jardín de Niños Sor Juana", "elementary"],
  ["Adams K-5", "elementary"],
  ["Adams PK–6 Campus", "elementary"],
  ["Washington Middle School", "middle"],
  ["Washington MS", "middle"],
  ["Truman Jr. High", "middle"],
  ["Truman Junior High School", "middle"],
  ["Oakdale Intermediate", "middle"],
  ["High Point Middle School", "middle"],
  ["Escuela Secundaria Técnica 12", "middle"],
  ["Campus 6-8", "middle"],
  ["Roosevelt High", "high"],
  ["Central Secondary School", "high"],
  ["Middle College High School", "high"],
  ["Kennedy Senior High", "high"],
  ["Preparatoria Número 3", "high"],
  ["Escuela Superior Vocacional", "high"],
  ["Roosevelt HS", "high"],
  ["Early College 9 to 12", "high"],
  ["Lincoln Elementary and Middle School", "other"],
  ["Middle/High School of Dunmere", "other"],
  ["Truman Jr/Sr High School", "other"],
  ["Redwood Academy", "other"],
  ["Es Tiempo Academy", "other"],
  ["Pioneer K-12", "other"],
  ["Highland Academy", "other"],
  ["constructor", "other"],
  ["", "other"],
])("%s is of level %s", (name, level) => {
  expect(levelOfName(name)).toBe(level);
});

const schools = ["Adams K-5", "Redwood Academy", "Roosevelt High", null];

test("schools are listed by level, in the levels' order; a file overrides a name", () => {
  expect(schoolsByLevel(schools)).toEqual([
    { name: "elementary", schools: ["Adams K-5"] },
    { name: "high", schools: ["Roosevelt High"] },
    { name: "other", schools: ["Redwood Academy"] },
  ]);
  const known = new Map([
    ["Redwood Academy", "middle"],
    ["Closed Long Ago", "high"],
  ] as const);
  expect(schoolsByLevel(schools, known)).toEqual([
    { name: "elementary", schools: ["Adams K-5"] },
    { name: "middle", schools: ["Redwood Academy"] },
    { name: "high", schools: ["Roosevelt High"] },
  ]);
});

test("levels become their schools; a level without a school is an error that says what to do", () => {
  const levels = schoolsByLevel(schools);
  expect(schoolsOfLevels(["high", "elementary"], levels)).toEqual(["Roosevelt High", "Adams K-5"]);
  expect(() => schoolsOfLevels(["middle"], levels)).toThrow(
    expect.objectContaining({
      code: "config",
      message: 'No school in the tables has the level "middle".',
      hint: expect.stringContaining("--school-levels"),
    }),
  );
});
