import { userTypeValue } from "../../clever/reports";
import { quoted } from "../asset";
import { type Field, type Page, pages, type Visual } from "./report";
import { theme } from "./theme";

/**
 * The report in PBIR, Power BI's text format for reports: paths relative to the report's folder, with their content.
 */
export function pbirFiles(modelFolder: string): Record<string, unknown> {
  return {
    "definition.pbir": {
      $schema: `${schemas}/definitionProperties/2.0.0/schema.json`,
      version: "4.0",
      datasetReference: { byPath: { path: `../${modelFolder}` } },
    },
    "definition/version.json": {
      $schema: `${schemas}/definition/versionMetadata/1.0.0/schema.json`,
      version: "2.0.0",
    },
    "definition/report.json": report,
    "definition/pages/pages.json": {
      $schema: `${schemas}/definition/pagesMetadata/1.1.0/schema.json`,
      pageOrder: pages.map(({ name }) => name),
      activePageName: pages[0]?.name,
    },
    ...Object.fromEntries(pages.flatMap(pageFiles)),
    [`StaticResources/RegisteredResources/${themeFile}`]: theme,
  };
}

const schemas = "https://developer.microsoft.com/json-schemas/fabric/item/report";
const themeFile = "clever-lake.json";

/** OEA's report is about students; users can change the filter. */
const studentsOnly = inFilter(
  { name: "students-only", type: "Categorical" },
  { table: "Cohort", name: "user_type", kind: "column" },
  "t",
  [{ Name: "t", Entity: "Cohort", Type: 0 }],
  { Values: [[{ Literal: { Value: `'${userTypeValue.students}'` } }]] },
);

const report = {
  $schema: `${schemas}/definition/report/3.3.0/schema.json`,
  themeCollection: {
    customTheme: {
      name: themeFile,
      reportVersionAtImport: { visual: "2.9.0", report: "3.3.0", page: "2.1.0" },
      type: "RegisteredResources",
    },
  },
  filterConfig: { filters: [studentsOnly] },
  resourcePackages: [
    {
      name: "RegisteredResources",
      type: "RegisteredResources",
      items: [{ name: themeFile, path: themeFile, type: "CustomTheme" }],
    },
  ],
  settings: { useEnhancedTooltips: true, useStylableVisualContainerHeader: true },
};

function pageFiles({ name, title, visuals }: Page): [string, unknown][] {
  const folder = `definition/pages/${name}`;
  const page = {
    $schema: `${schemas}/definition/page/2.1.0/schema.json`,
    name,
    displayName: title,
    displayOption: "FitToPage",
    height: 720,
    width: 1280,
  };
  let below = 0;
  const files = visuals.flatMap((visual, index): [string, unknown][] => {
    const height = visual.type === "slicer" || visual.type === "card" ? 80 : 220;
    const mobile = { x: 0, y: below, width: 320, height, z: index, tabOrder: index };
    below += height + 8;
    return [
      [`${folder}/visuals/${visual.name}/visual.json`, visualOf(visual, index)],
      [
        `${folder}/visuals/${visual.name}/mobile.json`,
        { $schema: `${schemas}/definition/visualContainerMobileState/2.4.0/schema.json`, position: mobile },
      ],
    ];
  });
  return [[`${folder}/page.json`, page], ...files];
}

function visualOf(visual: Visual, index: number) {
  const { name, type, title, altText, fields, sortedBy, top, position } = visual;
  const queryState = Object.entries(fields).map(([role, list]) => [
    role,
    { projections: list.map(projection) },
  ]);
  const sort = sortedBy && { sort: [{ field: expression(sortedBy.field), direction: sortedBy.direction }] };
  return {
    $schema: `${schemas}/definition/visualContainer/2.9.0/schema.json`,
    name,
    position: { ...position, z: index, tabOrder: index },
    visual: {
      visualType: type,
      query: { queryState: Object.fromEntries(queryState), ...(sort ? { sortDefinition: sort } : {}) },
      ...(type === "slicer" ? { objects: slicerObjects(fields.Values?.[0]) } : {}),
      visualContainerObjects: {
        title: [{ properties: { show: literal("true"), text: text(title) } }],
        general: [{ properties: { altText: text(altText) } }],
      },
      drillFilterOtherVisuals: true,
    },
    ...(top ? { filterConfig: { filters: [topFilter(name, top)] } } : {}),
  };
}

/** Dates have a start and an end, everything else a list. */
function slicerObjects(field: Field | undefined) {
  const mode = field?.table === "Date" && field.name === "date" ? "Between" : "Dropdown";
  return {
    data: [{ properties: { mode: text(mode) } }],
    header: [{ properties: { show: literal("false") } }],
  };
}

function projection(field: Field) {
  return {
    field: expression(field),
    queryRef: `${field.table}.${field.name}`,
    nativeQueryRef: field.name,
    ...(field.label === undefined ? {} : { displayName: field.label }),
  };
}

function expression({ table, name, kind }: Field, source: object = { Entity: table }) {
  const of = { Expression: { SourceRef: source }, Property: name };
  return kind === "measure" ? { Measure: of } : { Column: of };
}

/**
 * A filter by the values of a field.
 * @param alias the name of the field's table in `from`
 * @param values the values, or where they are
 */
function inFilter(
  filter: { readonly name: string; readonly type: string },
  field: Field,
  alias: string,
  from: readonly object[],
  values: object,
) {
  const condition = { In: { Expressions: [expression(field, { Source: alias })], ...values } };
  return {
    name: filter.name,
    field: expression(field),
    type: filter.type,
    filter: { Version: 2, From: from, Where: [{ Condition: condition }] },
  };
}

function topFilter(name: string, { count, of, by }: NonNullable<Visual["top"]>) {
  const field = { Name: "f", Entity: of.table, Type: 0 };
  const subquery = {
    Version: 2,
    From: [field, { Name: "m", Entity: by.table, Type: 0 }],
    Select: [{ ...expression(of, { Source: "f" }), Name: "field" }],
    OrderBy: [{ Direction: 2, Expression: expression(by, { Source: "m" }) }],
    Top: count,
  };
  return inFilter(
    { name: `${name}-top`, type: "TopN" },
    of,
    "f",
    [{ Name: "subquery", Expression: { Subquery: { Query: subquery } }, Type: 2 }, field],
    { Table: { SourceRef: { Source: "subquery" } } },
  );
}

function literal(value: string) {
  return { expr: { Literal: { Value: value } } };
}

function text(value: string) {
  return literal(quoted(value));
}
