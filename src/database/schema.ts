/** The PostgreSQL schema that holds every table of ours, beside whatever else the database holds. */
export const SCHEMA = 'tokenjar';
