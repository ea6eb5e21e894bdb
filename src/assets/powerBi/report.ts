import { personColumn } from "../../clever/person";

/** The report: its pages and visuals. `pbir.ts` serializes it. */

/** A column or a measure of the model. */
export interface Field {
  readonly table: string;
  readonly name: string;
  readonly kind: "column" | "measure";
  /** Its label in the visual; the name if omitted. */
  readonly label?: string;
}

export interface Visual {
  readonly name: string;
  readonly type: VisualType;
  readonly title: string;
  /** Alternative text for screen readers. */
  readonly altText: string;
  /** By role in the visual, such as `Category` and `Y`. */
  readonly fields: Readonly<Record<string, readonly Field[]>>;
  /** Only this many resources, those with the highest value of a measure. */
  readonly top?: { readonly count: number; readonly of: Field; readonly by: Field };
  readonly sortedBy?: { readonly field: Field; readonly direction: "Ascending" | "Descending" };
  readonly position: Box;
}

export type VisualType =
  | "card"
  | "slicer"
  | "clusteredColumnChart"
  | "columnChart"
  | "clusteredBarChart"
  | "lineChart"
  | "treemap"
  | "tableEx";

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Page {
  readonly name: string;
  readonly title: string;
  readonly visuals: readonly Visual[];
}

const field =
  (kind: Field["kind"]) =>
  (table: string, name: string, label?: string): Field => ({
    table,
    name,
    kind,
    ...(label === undefined ? {} : { label }),
  });
const column = field("column");
const measure = field("measure");
const box = (x: number, y: number, width: number, height: number): Box => ({ x, y, width, height });

const school = column("Cohort", "school_name", "School");
const date = column("Date", "date", "Date");
const grade = column("Cohort", "grade", "Grade");
const resource = column("Resource", "resource_name", "Resource");
/** Unlike its name alone, it identifies a resource. */
const resourceWithType = column("Resource", "resource_name_and_type", "Resource");
const people = column("Cohort", "user_type", "People");
const resourceType = column("Resource", "resource_type", "Type");
const users = measure("Participation", "Users");
const resourceUsers = measure("Usage", "Users of resources", "People");

/** The slicers on the left of a page. */
function slicers(
  prefix: string,
  list: readonly (readonly [string, string, Field])[],
  from: number,
): Visual[] {
  return list.map(([name, title, field], index) => ({
    name: `${prefix}-${name}`,
    type: "slicer",
    title,
    altText: `Filters the page: ${title.toLowerCase()}.`,
    fields: { Values: [field] },
    position: box(16, from + 112 * index, 208, 100),
  }));
}

const usageSummary: Page = {
  name: "usage-summary",
  title: "Usage Summary",
  visuals: [
    {
      name: "student-count",
      type: "card",
      title: "Student Count",
      altText: "The number of distinct people in daily participation.",
      fields: { Values: [users] },
      position: box(16, 16, 208, 104),
    },
    {
      name: "day-count",
      type: "card",
      title: "Day Count",
      altText: "The number of distinct days in daily participation.",
      fields: { Values: [measure("Participation", "Days")] },
      position: box(16, 132, 208, 104),
    },
    ...slicers(
      "summary",
      [
        ["app", "App Filter", resource],
        ["school", "School Filter", school],
        ["date", "Date Filter", date],
        ["people", "People", people],
      ],
      248,
    ),
    {
      name: "by-school",
      type: "clusteredColumnChart",
      title: "Student App Use and Logins by School",
      altText: "For each school the average number of resources and of logins per person and day.",
      fields: {
        Category: [school],
        Y: [
          measure("Participation", "Resources per person and day", "Apps used"),
          measure("Participation", "Logins per person and day", "Logins"),
        ],
      },
      position: box(240, 16, 660, 220),
    },
    {
      name: "top-resources",
      type: "columnChart",
      title: "Top Resources Used by Students per School",
      altText: "For each school, how many people used each of the five resources with the most people.",
      fields: { Category: [school], Series: [resourceWithType], Y: [resourceUsers] },
      top: { count: 5, of: resourceWithType, by: resourceUsers },
      position: box(240, 248, 660, 220),
    },
    {
      name: "over-time",
      type: "lineChart",
      title: "Students Clever Logins and Usage Over Time",
      altText: "For each day the number of resources accessed and of logins.",
      fields: {
        Category: [date],
        Y: [measure("Participation", "Resources accessed", "Apps used"), measure("Participation", "Logins")],
      },
      sortedBy: { field: date, direction: "Ascending" },
      position: box(240, 480, 660, 224),
    },
    {
      name: "top-apps",
      type: "treemap",
      title: "Top Apps Used",
      altText: "Resources by person-days of use, and the type of each.",
      fields: {
        Group: [resource],
        Details: [resourceType],
        Values: [measure("Usage", "Person-days of use")],
      },
      position: box(912, 16, 352, 572),
    },
    {
      name: "suppressed",
      type: "card",
      title: "Suppressed groups",
      altText:
        "How many groups no number on this page includes, because the filter splits them or they are too small.",
      fields: { Values: [measure("Participation", "Suppressed groups")] },
      position: box(912, 600, 352, 104),
    },
  ],
};

const questions: Page = {
  name: "questions",
  title: "Questions",
  visuals: [
    ...slicers(
      "questions",
      [
        ["grade", "Grade", grade],
        ["school", "School", school],
        ["year", "School year", column("Date", "school_year", "School year")],
        ["date", "Date", date],
        ["app", "Resource", resource],
        ["people", "People", people],
      ],
      16,
    ),
    {
      name: "different-by-day",
      type: "lineChart",
      title: "How many different resources are used on a day?",
      altText: "For each day, the number of distinct resources that were used.",
      fields: { Category: [date], Y: [measure("Usage", "Distinct resources")] },
      sortedBy: { field: date, direction: "Ascending" },
      position: box(240, 16, 1024, 216),
    },
    {
      name: "different-by-grade",
      type: "clusteredColumnChart",
      title: "How many different resources does a student use, by grade?",
      altText:
        "For each grade the average number of different resources per person, including people without any.",
      fields: { Category: [grade], Y: [measure("Participation", "Distinct resources per person")] },
      sortedBy: { field: grade, direction: "Ascending" },
      position: box(240, 244, 506, 216),
    },
    {
      name: "different-by-school",
      type: "clusteredBarChart",
      title: "How many different resources does a student use, by school?",
      altText:
        "For each school the average number of different resources per person, including people without any.",
      fields: { Category: [school], Y: [measure("Participation", "Distinct resources per person")] },
      position: box(758, 244, 506, 216),
    },
    {
      name: "uses",
      type: "tableEx",
      title: "Which resources does each person use, and how often?",
      altText: "A row for each person and resource, with the number of days and of accesses.",
      fields: {
        Values: [
          column("Person", personColumn, "Pseudonym"),
          resource,
          resourceType,
          measure("Usage", "Days of use", "Days"),
          measure("Usage", "Accesses"),
        ],
      },
      position: box(240, 472, 1024, 232),
    },
  ],
};

export const pages: readonly Page[] = [usageSummary, questions];
