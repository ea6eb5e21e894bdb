/** The newest weeks that count are judged; they are compared with at most this many weeks before them. */
export const judgedWeekCount = 2;
export const comparedWeekCount = 12;
/** The share of a week's school days that must be known. */
export const minimumKnownShare = 0.6;
