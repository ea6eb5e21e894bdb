/** The page's texts. */
export type PreviewStrings = Readonly<ReturnType<typeof previewStrings>>;

/**
 * The page's texts in the user's language. `{0}` and `{1}` are placeholders.
 * @param t translates a text
 * @param language a language tag, for screen readers
 * @param locale the same for numbers, with a region
 */
export function previewStrings(t: (text: string) => string, language: string, locale = language) {
  return {
    language,
    locale,
    title: t("Preview of {0}"),
    loading: t("Reading the first rows…"),
    line: t("Line {0}"),
    lineColumn: t("Line"),
    problemColumn: t("Why it would be refused"),
    row: t("1 row"),
    rows: t("{0} rows"),
    firstRows: t("First {0} rows"),
    bytesRead: t("{0} of {1} read"),
    noneRefused: t("No refused rows"),
    oneRefused: t("1 refused row"),
    someRefused: t("{0} refused rows"),
    refusedPlace: t("Refused row {0} of {1}"),
    refusedReason: t("Would be refused: {0}"),
    columnReason: t("{0}: {1}"),
    nextRefused: t("Next Refused Row (F8)"),
    previousRefused: t("Previous Refused Row (Shift+F8)"),
    reveal: t("Reveal identities"),
    revealHint: t("Identities are masked until you reveal them"),
    masked: t("masked"),
    identities: t("Contains identities"),
    identitiesShown: t("Identities are shown"),
    identitiesMasked: t("Identities are masked"),
    blank: t("blank"),
    more: t("Load More"),
    loadingMore: t("Reading more rows…"),
    full: t("The preview's limit for this file has been reached"),
    oneUnknown: t("1 column is not part of the report and is not read: {0}"),
    someUnknown: t("{0} columns are not part of the report and are not read: {1}"),
    answersTo: t("Read as {0}"),
    types: {
      date: t("date"),
      string: t("text"),
      boolean: t("true or false"),
      integer: t("whole number"),
      unknown: t("not in the report"),
    },
    emptyTitle: t("No rows yet"),
    emptyText: t("The report has its header and nothing below it."),
    blankText: t("The file is empty and has no header; it counts as a file without rows."),
    unreadableTitle: t("This file cannot be read as a report"),
    failedTitle: t("The report could not be opened"),
    rowsFailed: t("Rows could not be read: {0}"),
    retry: t("Try Again"),
    connect: t("Connect"),
    loadingRow: t("Loading"),
    resizeHint: t("Alt+Left and Alt+Right change the column's width"),
  };
}
