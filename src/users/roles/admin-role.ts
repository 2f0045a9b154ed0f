/** The role that administers others. It exists from the start. */
export const ADMIN = 'admin';
