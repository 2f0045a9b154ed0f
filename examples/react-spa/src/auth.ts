import { createAuth } from '@tokenjar/client';

/** The one client of the page, created outside of components. The access token stays in it, and nowhere else. */
export const auth = createAuth();
