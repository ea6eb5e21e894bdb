/** Data files of the versions of so many days are always kept: readers may be at work on them. */
export const leastRetentionDays = 7;
