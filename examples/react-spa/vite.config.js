import { defineConfig } from 'vite';

export default defineConfig({
  server: {
    // Page and API have one origin, as behind the proxy of a production site: no CORS, and the cookie stays SameSite=Strict.
    proxy: { '/auth': process.env.TOKENJAR_URL ?? 'http://localhost:3000' },
  },
});
