import { CleverLakeError } from "../errors";
import type { Action, Metadata, Protocol } from "./actions";
import type { Field } from "./schema";

/** The protocol of the tables that this program makes: readable by every Delta reader. */
export const ourProtocol: Protocol = { minReaderVersion: 1, minWriterVersion: 2 };

/** Writer features that version 2 has too; a table of writer version 7 that lists only these is within reach. */
const knownWriterFeatures: ReadonlySet<string> = new Set(["appendOnly", "invariants"]);

/** Refuses (`unsupportedTable`) a table that needs more than reader version 1. */
export function requireReadable(protocol: Protocol, tablePath: string): void {
  if (protocol.minReaderVersion <= 1) return;
  throw new CleverLakeError(
    "unsupportedTable",
    `The table needs Delta reader version ${protocol.minReaderVersion}${featureList(protocol.readerFeatures)}; this program reads version 1.`,
    {
      subject: tablePath,
      hint: "Use a table without deletion vectors, column mapping and v2 checkpoints, or drop these features from it.",
    },
  );
}

/**
 * Refuses (`unsupportedTable`) what a writer of version 2 may not do: tables that ask for more, constraints on rows
 * that are not checked here, and removals of data from an append-only table.
 */
export function requireWritable(
  table: {
    readonly protocol: Protocol;
    readonly metadata: Pick<Metadata, "configuration"> & { readonly columns: readonly Field[] };
  },
  actions: readonly Action[],
  tablePath: string,
): void {
  const { protocol, metadata } = table;
  const refuse = (message: string, hint?: string) =>
    new CleverLakeError("unsupportedTable", message, { subject: tablePath, ...(hint ? { hint } : {}) });

  requireReadable(protocol, tablePath);
  const features = protocol.writerFeatures ?? [];
  const withinReach =
    protocol.minWriterVersion <= 2 ||
    (protocol.minWriterVersion === 7 && features.every((feature) => knownWriterFeatures.has(feature)));
  if (!withinReach) {
    throw refuse(
      `Writing to the table needs Delta writer version ${protocol.minWriterVersion}${featureList(features)}; this program writes version 2.`,
      "Drop these features from the table, or let the program make a table of its own.",
    );
  }
  for (const { name, nullable, metadata: properties } of metadata.columns) {
    if (!nullable || "delta.invariants" in properties) {
      throw refuse(
        `The column ${name} has a constraint on its values that this program does not check.`,
        "Drop the constraint from the table.",
      );
    }
  }
  const removesData = actions.some((action) => "remove" in action && action.remove.dataChange);
  if (removesData && metadata.configuration["delta.appendOnly"] === "true") {
    throw refuse("The table is append-only: rows in it cannot be replaced.", "Unset delta.appendOnly on it.");
  }
}

function featureList(features: readonly string[] | undefined): string {
  return features === undefined || features.length === 0 ? "" : ` (${features.join(", ")})`;
}
