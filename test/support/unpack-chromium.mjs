// Unpacks the Chromium of the npm package into the directory that TMPDIR names; run by chromium.ts.
// The package adds the libraries that a bare machine lacks only where it believes to be on one of these.
process.env.AWS_EXECUTION_ENV = 'AWS_Lambda_nodejs20.x';
const { default: chromium } = await import('@sparticuz/chromium');
await chromium.executablePath();
