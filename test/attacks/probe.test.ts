import { test } from '@jest/globals';
import { startApp } from '../support/app.js';
test('probe', async () => {
  for (const dialect of ['django', 'envelope'] as const) {
    const app = await startApp({ dialect });
    const b = app.browser();
    const body = dialect==='django' ? { email: 'a@example.com', password1: 'correct horse battery staple', password2: 'correct horse battery staple' } : { email: 'a@example.com', password: 'correct horse battery staple' };
    const r = await b.post('/auth/registration', body);
    const t = (r.body.access ?? (r.body.token as any)?.access) as string;
    console.log(r.status, r.text, r.setCookie, Buffer.from(t.split('.')[0]!, 'base64url').toString(), Buffer.from(t.split('.')[1]!, 'base64url').toString());
    const s = await b.get('/auth/session', { headers: { authorization: `Bearer ${t}` } });
    console.log(s.status, s.text);
    const k = r.setCookie[0]!.split(';')[0]!.split('=')[1]!;
    console.log(Buffer.from(k.split('.')[0]!, 'base64url').toString(), Buffer.from(k.split('.')[1]!, 'base64url').toString());
    await app.close();
  }
});
