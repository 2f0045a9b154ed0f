/**
 * The first contentful paint of the account page, on loopback: `DATABASE_URL=… npx tsx bench/page.ts [loads]`, after
 * `npm run build`. As reported by the browser, with an empty cache each time.
 */
import { startChromium } from '../test/support/chromium.js';
import { startServer } from './server.js';

const LOADS = Number(process.argv[2] ?? 21);
/** **Unit** milliseconds. */
const BAR = 300;

const server = await startServer();
const chromium = await startChromium();
const paints: number[] = [];
const forms: number[] = [];
let transferred = 0;
for (let i = 0; i < LOADS; i++) {
  const context = await chromium.newContext();
  const page = await context.newPage();
  await page.goto(server.url.href);
  await page.locator('input[type=password]').waitFor();
  const [paint, form, bytes] = await page.evaluate<[number, number, number]>(`(async () => {
    const [paint] = performance.getEntriesByName('first-contentful-paint');
    const files = [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')];
    const refresh = files.find(({ name }) => name.endsWith('/token/refresh'));
    return [paint?.startTime, refresh?.responseEnd, files.reduce((sum, { transferSize }) => sum + transferSize, 0)];
  })()`);
  paints.push(paint);
  forms.push(form);
  transferred = bytes;
  await context.close();
}
await chromium.close();
await server.stop();

// The first load warms up the server.
const median = (values: number[]) =>
  values.slice(1).sort((a, b) => a - b)[Math.floor((values.length - 1) / 2)] ?? NaN;
const worst = Math.max(...paints.slice(1));
console.log(
  `first contentful paint: ${Math.round(median(paints))} ms median, ${Math.round(worst)} ms at worst, of ${LOADS - 1}`,
);
console.log(`it is known who is signed in after ${Math.round(median(forms))} ms`);
console.log(`${transferred} bytes over the wire, headers included`);
if (median(paints) > BAR) {
  console.error(`more than ${BAR} ms`);
  process.exitCode = 1;
}
