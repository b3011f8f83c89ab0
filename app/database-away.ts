/** The digest of an error that says that the database is away: all that reaches the browser of an error is its digest. */
export const DATABASE_AWAY = "database-away";
