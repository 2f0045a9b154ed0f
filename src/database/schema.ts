/** The PostgreSQL schema with all of our tables. The database may contain others. */
export const SCHEMA = 'tokenjar';
