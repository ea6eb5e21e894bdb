/** Data files of versions from this many days are always kept: readers may be using them. */
export const minimumRetentionDays = 7;
